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
def settle_bound(f: Forests, slot: int, tree: int, rank: int) -> None:
    """After a point of this priority was taken: keep queue and bound true, where the reservoir is full."""
    if signed(f.sizes[slot, tree]) < f.sample_size:
        return
    f.bounded[slot, tree] = True
    if signed(f.queued[slot, tree]) == 0 or not exceeds(f.floors[slot, tree], rank):
        fill_queue(f, slot, tree)
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
    """Queue the samples of the greatest priorities of a full reservoir, the greatest last; of equal ones the newest."""
    base, size, ranks = sample_base(f, slot, tree), f.sample_size, f.ranks
    first = rank_of(f, slot, tree, signed(f.samples[base]))
    for a in range(size):
        rank = rank_of(f, slot, tree, signed(f.samples[base + a]))
        # Differences, because priorities wrap around.
        ranks[a] = np.int64(np.uint64(rank) - np.uint64(first))
    wanted, held, queue = min(QUEUE, size), 0, base + size
    for a in range(size):
        rank, record = ranks[a], signed(f.samples[base + a])
        if held == wanted:
            if not _later(rank, record, f.moves[0], signed(f.samples[queue])):
                continue
            _drop_least(f, queue, held)
            held -= 1
        at = held
        while at > 0 and _later(f.moves[at - 1], signed(f.samples[queue + at - 1]), rank, record):
            f.moves[at], f.samples[queue + at] = f.moves[at - 1], f.samples[queue + at - 1]
            at -= 1
        f.moves[at], f.samples[queue + at] = rank, record
        held += 1
    f.queued[slot, tree] = held
    f.floors[slot, tree] = np.int64(np.uint64(first) + np.uint64(f.moves[0]))


@inlined
def _later(rank: int, record: int, other: int, other_record: int) -> bool:
    """Whether a sample of this priority is evicted before another."""
    return rank > other or (rank == other and record > other_record)


@inlined
def _drop_least(f: Forests, queue: int, held: int) -> None:
    for at in range(1, held):
        f.moves[at - 1], f.samples[queue + at - 1] = f.moves[at], f.samples[queue + at]
