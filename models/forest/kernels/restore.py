"""What a saved forest leaves out, made anew: which points each tree holds, in which order, and the counts of its nodes.

A reservoir holds exactly the points, of those still known, that its bound does not refuse. A tree's cuts, in preorder,
part them; what is no more than a bucket stays together.
"""

from __future__ import annotations

import numpy as np

from models.compiled import Ints, inlined, kernel, signed
from models.forest.kernels.cuts import part_samples
from models.forest.kernels.fading import faded_at
from models.forest.kernels.layout import DUPLICATE, Forests
from models.forest.kernels.randomness import (
    ROWS,
    exceeds,
    likely_row,
    priority,
    surely_above,
    tree_seed,
)
from models.forest.kernels.reservoir import fill_queue, rank_of
from models.forest.kernels.store import point_offset
from models.forest.kernels.tree import node_base, sample_base

SOUND, WRONG_SAMPLES, WRONG_NODES = 0, 1, 2


@kernel
def restore_trees(f: Forests, slot: int, records: Ints, numbers: Ints, wanted: Ints) -> int:
    """Complete a slot of which records, runs, marks, bounds, and the nodes' cuts and dimensions are in place.

    records, numbers: (points,), the record that each known point starts with, ascending, and its number in the stream.
    wanted: (trees,), how many samples each tree had. Returns SOUND, or what the arrays are not.
    """
    for tree in range(f.n_trees):
        if not _take_samples(f, slot, tree, records, numbers, wanted[tree]):
            return WRONG_SAMPLES
        if not _part_tree(f, slot, tree, wanted[tree]):
            return WRONG_NODES
        f.queued[slot, tree] = 0
        if f.bounded[slot, tree] and wanted[tree] == f.sample_size:
            fill_queue(f, slot, tree)
    return SOUND


@kernel
def _take_samples(
    f: Forests, slot: int, tree: int, records: Ints, numbers: Ints, wanted: int
) -> bool:
    """Give a tree the points that its bound does not refuse, by age; False where they are not as many as wanted."""
    base, bounded, bound = sample_base(f, slot, tree), f.bounded[slot, tree], f.bounds[slot, tree]
    seed, size, ties, row = tree_seed(f.slots[slot]["seed"], tree), 0, 0, ROWS - 1
    for i in range(len(records)):
        tie = False
        if bounded:
            faded = faded_at(f, slot, numbers[i])
            room = np.int64(np.uint64(bound) + np.uint64(faded))
            # Most points are refused, and already the size of the random number says so.
            row = likely_row(row, room)
            if row < 0 or surely_above(seed, numbers[i], row):
                continue
            rank = priority(seed, numbers[i], faded)
            if exceeds(rank, bound):
                continue
            tie = rank == bound
        if size < wanted:
            f.samples[base + size] = records[i]
            size += 1
            ties += 1 if tie else 0
        elif not tie:
            # Of points at the bound, the newest were refused.
            if ties == 0:
                return False
            _drop_newest_tie(f, slot, tree, base, size, bound)
            f.samples[base + size - 1] = records[i]
            ties -= 1
    f.sizes[slot, tree] = size
    return size == wanted


@inlined
def _drop_newest_tie(f: Forests, slot: int, tree: int, base: int, size: int, bound: int) -> None:
    """Close up over the newest sample at the bound, of which there is one; the last place is free."""
    at = size - 1
    while rank_of(f, slot, tree, signed(f.samples[base + at])) != bound:
        at -= 1
    for j in range(at, size - 1):
        f.samples[base + j] = f.samples[base + j + 1]


@kernel
def _part_tree(f: Forests, slot: int, tree: int, size: int) -> bool:
    """Part the samples by the nodes' cuts, and count; False where the nodes are not the tree's."""
    base, first, stack = node_base(f, slot, tree), sample_base(f, slot, tree), f.path
    nodes, held, i = signed(f.counts[slot, tree]), 0, 0
    # A waiting subtree: its first sample, its mass, and the node of which it is the right side (or -1).
    stack[0, 0], stack[0, 1], stack[0, 2] = 0, size, -1
    held = 1
    while held > 0:
        held -= 1
        a, m, parent = stack[held, 0], stack[held, 1], stack[held, 2]
        if parent >= 0:
            f.nodes[base + parent]["skip"] = i - parent - 1
        while m > f.bucket:
            if i == nodes:
                return False
            node = f.nodes[base + i]
            dim = signed(node["dim"])
            if dim == DUPLICATE:
                if not _equal(f, slot, first + a, m):
                    return False
                node["left"], node["skip"] = 0, 0
                i += 1
                break
            if dim >= f.n_features * f.shingle_size:
                return False
            left = part_samples(f, slot, first + a, m, dim, node["cut"])
            if left in (0, m):
                return False
            node["left"] = left
            stack[held, 0], stack[held, 1], stack[held, 2] = a + left, m - left, i
            held, m, i = held + 1, left, i + 1
    return i == nodes


@kernel
def _equal(f: Forests, slot: int, first: int, m: int) -> bool:
    """Whether the m samples stored from `first` on are all equal."""
    y = point_offset(f, slot, signed(f.samples[first]))
    for j in range(first + 1, first + m):
        z = point_offset(f, slot, signed(f.samples[j]))
        for i in range(f.n_features * f.shingle_size):
            if f.records[y + i] != f.records[z + i]:
                return False
    return True
