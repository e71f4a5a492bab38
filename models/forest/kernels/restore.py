"""What a saved forest leaves out, made anew: priorities, references, boxes."""

from __future__ import annotations

import numpy as np

from models.compiled import Ints, kernel
from models.forest.kernels.delete import rebuild_boxes
from models.forest.kernels.layout import DUPLICATE, Forests
from models.forest.kernels.learn import greatest
from models.forest.kernels.randomness import priority, tree_seed
from models.forest.kernels.tree import tree_base


@kernel
def restore_trees(f: Forests, slot: int) -> None:
    """Complete a slot of which nodes, samples, points and records are in place."""
    row = f.slots[slot]
    start = row["point_start"]
    for tree in range(f.n_trees):
        seed, base = tree_seed(row["seed"], tree), tree_base(f, slot, tree)
        size = f.sizes[slot, tree]
        for a in range(size):
            point = np.int64(f.samples[base + a])
            f.priorities[base + a] = priority(seed, f.sequence[start + point], f.decay)
            f.references[start + point] += 1
        if size > 0:
            f.worst[slot, tree] = greatest(f, base, size, f.priorities[base])
        rebuild_boxes(f, slot, tree, base)


@kernel
def is_tree(dims: Ints, lefts: Ints, size: int, dimensions: int, pending: Ints) -> bool:
    """Whether nodes in preorder are one tree of `size` samples; `pending` is scratch for size + 1 numbers."""
    held, at = 0, 0
    if size > 0:
        pending[0], held = size, 1
    while held > 0:
        held -= 1
        m = pending[held]
        if m == 1:
            continue
        if at + m - 1 > len(dims):
            return False
        if dims[at] == DUPLICATE:
            for i in range(at, at + m - 1):
                if dims[i] != DUPLICATE:
                    return False
            at += m - 1
            continue
        left = lefts[at]
        if dims[at] < 0 or dims[at] >= dimensions or left < 1 or left >= m:
            return False
        at += 1
        pending[held], pending[held + 1] = m - left, left
        held += 2
    return at == len(dims)
