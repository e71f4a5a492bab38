"""One tree's time-decayed reservoir (Efraimidis & Spirakis 2006): which points it takes, and which it gives up.

Priorities are pure functions of (tree, point number), so none is stored. Evictions come from a short queue of the
samples with the greatest ones, which is filled anew from all priorities when it runs out: a cache that changes nothing.
"""

from __future__ import annotations

import numpy as np

from models.compiled import index, inlined, kernel, signed
from models.forest.kernels.fading import faded_at
from models.forest.kernels.find import find
from models.forest.kernels.layout import QUEUE, Forests
from models.forest.kernels.randomness import exceeds, priority, tree_seed
from models.forest.kernels.store import number_blocks, number_by_block, number_of
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
    return find(f.samples, base, size, record)


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
    seed, first, greatest = tree_seed(f.slots[slot]["seed"], tree), np.int64(0), np.int64(0)
    shift = number_blocks(f, slot)
    for a in range(index(size)):
        number = number_by_block(f, slot, signed(f.samples[index(base) + a]), shift)
        rank = priority(seed, number, faded_at(f, slot, number))
        first = rank if a == 0 else first
        # Differences, because priorities wrap around.
        ranks[a] = np.int64(np.uint64(rank) - np.uint64(first))
        greatest = max(greatest, ranks[a])
    least, queue, held = greatest - np.int64(QUEUE * 2**32 // size), base + size, 0
    for a in range(index(size)):
        if ranks[a] >= least:
            least, held = _insert(
                f, queue, held, ranks[a], signed(f.samples[index(base) + a]), least
            )
    f.queued[slot, tree] = held
    f.floors[slot, tree] = np.int64(np.uint64(first) + np.uint64(least))


@inlined
def _insert(
    f: Forests, queue: int, held: int, rank: int, record: int, least: int
) -> tuple[int, int]:
    """Put a sample into its place in the queue, whose priorities stand in f.moves; returns (least, held) of then.

    Of a full queue the least one leaves.
    """
    ranks, samples = f.moves, f.samples
    full = held == QUEUE
    if full:
        if not _is_later(rank, record, ranks[0], signed(samples[queue])):
            return ranks[0], held
        for at in range(1, held):
            ranks[at - 1], samples[queue + at - 1] = ranks[at], samples[queue + at]
        held -= 1
    at = held
    while at > 0 and _is_later(ranks[at - 1], signed(samples[queue + at - 1]), rank, record):
        ranks[at], samples[queue + at] = ranks[at - 1], samples[queue + at - 1]
        at -= 1
    ranks[at], samples[queue + at] = rank, record
    return ranks[0] if full else least, held + 1


@inlined
def _is_later(rank: int, record: int, other: int, other_record: int) -> bool:
    """Whether a sample is evicted before another."""
    return rank > other or (rank == other and record > other_record)


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
