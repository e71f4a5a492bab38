"""One tree's time-decayed reservoir (Efraimidis & Spirakis 2006): which points it takes, and which it gives up.

Priorities are pure functions of (tree, point number), so none is stored. Evictions come from a short queue of the
samples with the greatest ones, which is filled anew from all priorities when it runs out: a cache that changes nothing.
"""

from __future__ import annotations

import numpy as np

from models.compiled import index, inlined, kernel, signed
from models.forest.kernels.fading import faded_at
from models.forest.kernels.layout import QUEUE, Forests
from models.forest.kernels.randomness import exceeds, priority, tree_seed
from models.forest.kernels.store import number_of
from models.forest.kernels.tree import sample_base


@inlined
def takes(f: Forests, slot: int, tree: int, rank: int) -> bool:
    """Whether the reservoir takes a point of this priority: any, until it was full once."""
    return not f.bounded[slot, tree] or exceeds(f.bounds[slot, tree], rank)


@inlined
def next_evicted(f: Forests, slot: int, tree: int) -> int:
    """The record of the sample of greatest priority in a full reservoir; takes it from the queue."""
    queued = signed(f.queued[slot, tree]) - 1
    f.queued[slot, tree] = queued
    return signed(f.samples[index(sample_base(f, slot, tree) + f.sample_size + queued)])


@inlined
def position_of(f: Forests, slot: int, tree: int, record: int) -> int:
    """Position of the sample that starts with a record; as many as there are samples where there is none."""
    base, size = sample_base(f, slot, tree), signed(f.sizes[slot, tree])
    position = size
    for a in range(size):
        if signed(f.samples[index(base + a)]) == record:
            position = min(position, a)
    return position


@inlined
def settle_bound(f: Forests, slot: int, tree: int, record: int, rank: int) -> None:
    """After a point of this priority was taken: keep queue and bound true, where the reservoir is full."""
    if signed(f.sizes[slot, tree]) < f.sample_size:
        return
    f.bounded[slot, tree] = True
    if signed(f.queued[slot, tree]) == 0:
        fill_queue(f, slot, tree)
    elif not exceeds(f.floors[slot, tree], rank):
        _enqueue(f, slot, tree, record, rank)
    last = sample_base(f, slot, tree) + f.sample_size + signed(f.queued[slot, tree]) - 1
    f.bounds[slot, tree] = rank_of(f, slot, tree, signed(f.samples[index(last)]))


@inlined
def rank_of(f: Forests, slot: int, tree: int, record: int) -> np.int64:
    """Priority in a tree of the point that starts with a record."""
    number = number_of(f, slot, record)
    seed = tree_seed(f.slots[slot]["seed"], tree)
    return priority(seed, number, faded_at(f, slot, number))


@kernel
def fill_queue(f: Forests, slot: int, tree: int) -> None:
    """Queue the samples of the greatest priorities of a full reservoir, the greatest last; of equal ones the newest.

    About as many lie this close to the greatest, as a reservoir's priorities thin out exponentially below its bound.
    """
    base, size, ranks = sample_base(f, slot, tree), f.sample_size, f.ranks
    first = rank_of(f, slot, tree, signed(f.samples[base]))
    greatest = np.int64(0)
    for a in range(index(size)):
        rank = rank_of(f, slot, tree, signed(f.samples[index(base) + a]))
        # Differences, because priorities wrap around.
        ranks[a] = np.int64(np.uint64(rank) - np.uint64(first))
        greatest = max(greatest, ranks[a])
    least = greatest - np.int64(QUEUE * 2**32 // size)
    f.queued[slot, tree] = 0
    f.floors[slot, tree] = np.int64(np.uint64(first) + np.uint64(least))
    for a in range(index(size)):
        if ranks[a] >= least:
            rank = np.int64(np.uint64(first) + np.uint64(ranks[a]))
            if not exceeds(f.floors[slot, tree], rank):
                _enqueue(f, slot, tree, signed(f.samples[index(base) + a]), rank)


@kernel
def _enqueue(f: Forests, slot: int, tree: int, record: int, rank: int) -> None:
    """Put a sample of at least the floor's priority into its place in the queue; the least one leaves a full queue."""
    queue, held = sample_base(f, slot, tree) + f.sample_size, signed(f.queued[slot, tree])
    if held == QUEUE:
        dropped = rank_of(f, slot, tree, signed(f.samples[queue]))
        least = signed(f.samples[queue])
        if _later(f, slot, tree, least, record, rank):
            f.floors[slot, tree] = dropped
            return
        f.floors[slot, tree] = dropped
        for at in range(queue + 1, queue + held):
            f.samples[at - 1] = f.samples[at]
        held -= 1
    at = queue + held
    while at > queue and _later(f, slot, tree, signed(f.samples[at - 1]), record, rank):
        f.samples[at] = f.samples[at - 1]
        at -= 1
    f.samples[at] = record
    f.queued[slot, tree] = held + 1


@inlined
def _later(f: Forests, slot: int, tree: int, other: int, record: int, rank: int) -> bool:
    """Whether a queued sample is evicted before the one of this priority."""
    other_rank = rank_of(f, slot, tree, other)
    return exceeds(other_rank, rank) or (other_rank == rank and other > record)
