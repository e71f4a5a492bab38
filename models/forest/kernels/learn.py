"""Learning one point: every tree's time-decayed reservoir accepts or refuses it (Efraimidis & Spirakis 2006)."""

from __future__ import annotations

import numpy as np

from models.compiled import index, inlined, kernel
from models.forest.kernels.delete import delete
from models.forest.kernels.insert import insert
from models.forest.kernels.layout import Forests
from models.forest.kernels.prefetch import prefetch_range
from models.forest.kernels.randomness import exceeds, priority, tree_seed
from models.forest.kernels.store import newest_offset, release_point, take_point
from models.forest.kernels.tree import tree_base


@inlined
def learn_newest(f: Forests, slot: int) -> None:
    """Offer the slot's newest shingle to all trees. The slot must be READY before the record was pushed.

    A full reservoir evicts its greatest priority; sequence numbers count every point offered.
    """
    row = f.slots[slot]
    x, seq = newest_offset(f, slot), row["seq"]
    taken = _offer(f, slot, seq)
    if taken > 0:
        point = take_point(f, slot)
        for j in range(index(taken)):
            _accept(f, slot, f.accepted[j, 0], f.accepted[j, 1], x, point, seq)
    row["seq"] = seq + 1


@inlined
def _offer(f: Forests, slot: int, seq: int) -> int:
    """Note which trees take point `seq`, with its priority there, and ask for their memory; how many do."""
    seeds, taken = f.slots[slot]["seed"], 0
    for tree in range(f.n_trees):
        rank = priority(tree_seed(seeds, tree), seq, f.decay)
        size = f.sizes[slot, tree]
        if size == f.sample_size and not exceeds(f.worst[slot, tree], rank):
            continue
        f.accepted[index(taken), 0], f.accepted[index(taken), 1] = tree, rank
        taken += 1
        base = tree_base(f, slot, tree)
        prefetch_range(f.priorities, base, size)
        prefetch_range(f.nodes, base, size)
        prefetch_range(f.samples, base, size)
        prefetch_range(f.box_slots, base, size)
    return taken


@inlined
def _accept(f: Forests, slot: int, tree: int, rank: int, x: int, point: int, seq: int) -> None:
    """Put the point into a tree, in place of the sample of the greatest priority where the reservoir is full."""
    row, base = f.slots[slot], tree_base(f, slot, tree)
    if f.sizes[slot, tree] == f.sample_size:
        position = sample_with(f, base, f.sample_size, f.worst[slot, tree])
        evicted = f.samples[base + position]
        delete(f, slot, tree, base, position)
        release_point(f, slot, evicted)
    seed = tree_seed(row["seed"], tree)
    insert(f, slot, tree, base, seed, f.records, x, point, seq, rank)
    f.references[row["point_start"] + point] += 1
    f.worst[slot, tree] = greatest(f, base, f.sizes[slot, tree], rank)


@kernel
def greatest(f: Forests, base: int, size: int, near: int) -> np.int64:
    """The greatest priority among `size` samples, as seen from `near`, which is one of them."""
    best = np.int64(0)
    for a in range(index(base), index(base + size)):
        best = max(best, np.int64(np.uint64(f.priorities[a]) - np.uint64(near)))
    return np.int64(np.uint64(near) + np.uint64(best))


@kernel
def sample_with(f: Forests, base: int, size: int, priority: int) -> int:
    """Position of the first sample of a priority."""
    position = size
    for a in range(size):
        if f.priorities[index(base + a)] == priority:
            position = min(position, a)
    return position
