"""Learning one point: every tree's reservoir takes or refuses it."""

from __future__ import annotations

import numpy as np

from models.compiled import index, inlined, kernel, signed
from models.forest.kernels.delete import delete
from models.forest.kernels.fading import faded_at
from models.forest.kernels.insert import insert
from models.forest.kernels.layout import Forests
from models.forest.kernels.prefetch import prefetch_range
from models.forest.kernels.randomness import likely_row, priority, surely_above, tree_seed
from models.forest.kernels.reservoir import next_evicted, position_of, settle_bound, takes
from models.forest.kernels.tree import node_base, node_words, sample_base


@inlined
def learn_newest(f: Forests, slot: int) -> None:
    """Offer the slot's newest shingle to all trees, unless the slot is paused or has none yet.

    The slot must have been READY before the record was pushed. A full reservoir evicts its greatest priority.
    """
    row = f.slots[slot]
    number = row["seen"] - f.shingle_size
    if number < 0 or row["paused"]:
        return
    record = row["records"] - f.shingle_size
    taken = _offer(f, slot, number)
    for j in range(index(taken)):
        _take(f, slot, f.accepted[j, 0], f.accepted[j, 1], record, number)


@inlined
def _offer(f: Forests, slot: int, number: int) -> int:
    """Note which trees take the point of this number, with its priority there, and ask for their memory; how many."""
    seeds, faded, taken, row = f.slots[slot]["seed"], faded_at(f, slot, number), 0, 0
    for tree in range(f.n_trees):
        seed = tree_seed(seeds, tree)
        if f.bounded[slot, tree]:
            # Most trees refuse, and already the size of the random number says so.
            row = likely_row(row, np.int64(np.uint64(f.bounds[slot, tree]) + np.uint64(faded)))
            if row < 0 or surely_above(seed, number, row):
                row = max(row, 0)
                continue
        rank = priority(seed, number, faded)
        if not takes(f, slot, tree, rank):
            continue
        f.accepted[index(taken), 0], f.accepted[index(taken), 1] = tree, rank
        taken += 1
        words = node_words(f)
        nodes = signed(f.counts[slot, tree]) * words
        prefetch_range(f.node_words, node_base(f, slot, tree) * words, nodes)
        prefetch_range(f.samples, sample_base(f, slot, tree), signed(f.sizes[slot, tree]))
    return taken


@inlined
def _take(f: Forests, slot: int, tree: int, rank: int, record: int, number: int) -> None:
    """Put a point into a tree, in place of the sample of the greatest priority where the reservoir is full."""
    if signed(f.sizes[slot, tree]) == f.sample_size:
        delete(f, slot, tree, position_of(f, slot, tree, next_evicted(f, slot, tree)))
    insert(f, slot, tree, tree_seed(f.slots[slot]["seed"], tree), record, number)
    settle_bound(f, slot, tree, record, rank)


@kernel
def unlearn(f: Forests, slot: int, record: int) -> int:
    """Remove the point that starts with a record from every tree that holds it; returns how many did.

    What a full reservoir refused before stays refused: its bound does not rise.
    """
    held = 0
    for tree in range(f.n_trees):
        position = position_of(f, slot, tree, record)
        if position < signed(f.sizes[slot, tree]):
            delete(f, slot, tree, position)
            f.queued[slot, tree] = 0
            held += 1
    return held
