"""What a saved forest leaves out, made anew: priorities, references, boxes."""

from __future__ import annotations

import numpy as np

from models.compiled import kernel
from models.forest.kernels.delete import rebuild_boxes
from models.forest.kernels.layout import Forests
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
