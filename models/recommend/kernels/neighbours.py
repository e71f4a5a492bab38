"""Item co-occurrence: bounded lists, learned pair by pair and summed over what a user touched.

A list holds M neighbours. A pair that is not in a full list takes its weight off the smallest one there and replaces
it once nothing is left: frequent items in bounded space (Misra & Gries 1982; Karp, Shenker & Papadimitriou 2003).
"""

from __future__ import annotations

import numpy as np

from models.compiled import inlined, kernel
from models.recommend.kernels.arithmetic import log2
from models.recommend.kernels.layout import (
    SUM_FOLLOWING,
    SUM_SESSION,
    SUM_TOGETHER,
    Neighbours,
    Scratch,
)

NEARER = 0.85
"""How much less a pair counts for each item between them."""
NEWER = 0.9
"""How much less an item of the context says than the one touched after it."""
STEPS = 3
"""Items before one that it counts as following; the newest of a context that say what comes next."""
USUAL = 0.1
"""Pairs that are expected anyhow, per interaction with an item: what lifts are measured by."""
LARGEST = 1e9
"""Counts stay below: a float32 still tells them from infinity, and from each other by a part in 10**7."""


@inlined
def find_slot(n: Neighbours, item: int, other: int) -> int:
    """The slot of `other` in the list of `item`, or -1."""
    row, wanted = n.items[item], np.int32(other)
    # Most are not there: to see that of all slots at once is faster than to stop at the right one.
    there = np.int32(0)
    for slot in range(len(row)):
        there |= np.int32(row[slot] == wanted)
    if there == 0:
        return -1
    for slot in range(len(row)):
        if row[slot] == wanted:
            return slot
    return -1


@inlined
def smallest_slot(n: Neighbours, item: int) -> int:
    """The first slot of the smallest count; that of a free one is 0."""
    row = n.together_words[item]
    least = row[0]
    for slot in range(len(row)):
        least = min(least, row[slot])
    for slot in range(len(row)):
        if row[slot] == least:
            return slot
    return 0


@kernel
def count_pair(
    n: Neighbours, item: int, other: int, together: float, following: float, session: float
) -> None:
    """Add to the counts of `other` in the list of `item`."""
    slot = find_slot(n, item, other)
    n.dirty[item] = 1
    if slot < 0:
        slot = smallest_slot(n, item)
        if n.together[item, slot] > together:
            n.together[item, slot] -= np.float32(together)
            return
        n.items[item, slot] = other
        n.together[item, slot] = 0.0
        n.following[item, slot] = 0.0
        n.session[item, slot] = 0.0
    n.together[item, slot] = min(n.together[item, slot] + together, LARGEST)
    n.following[item, slot] = min(n.following[item, slot] + following, LARGEST)
    n.session[item, slot] = min(n.session[item, slot] + session, LARGEST)


@kernel
def count_pairs(
    n: Neighbours, s: Scratch, size: int, in_session: int, item: int, weight: float
) -> None:
    """Learn that an item came after a context of `size`, whose newest `in_session` are of the same session."""
    near = min(weight, 1e6)
    for place in range(size):
        other = s.context[place]
        if other != item:
            session = weight if place < in_session else 0.0
            following = near if place < STEPS else 0.0
            count_pair(n, item, other, near, 0.0, session)
            count_pair(n, other, item, near, following, session)
        near *= NEARER
    n.totals[item] = min(n.totals[item] + weight, LARGEST)
    n.dirty[item] = 1


@kernel
def sum_neighbours(n: Neighbours, s: Scratch, size: int, in_session: int) -> int:
    """Sum the lists of a context's items; returns how many items have a sum."""
    touched = 0
    weight = 1.0
    for place in range(size):
        item = s.context[place]
        for slot in range(n.items.shape[1]):
            other = n.items[item, slot]
            together = np.float32(weight * n.together[item, slot])
            if other >= 0 and together > 0.0:
                if s.sums[other, SUM_TOGETHER] == 0.0:
                    s.touched[touched] = other
                    touched += 1
                s.sums[other, SUM_TOGETHER] += together
                if place < STEPS:
                    s.sums[other, SUM_FOLLOWING] += np.float32(weight * n.following[item, slot])
                if place < in_session:
                    s.sums[other, SUM_SESSION] += n.session[item, slot]
        weight *= NEWER
    return touched


@kernel
def forget_sums(s: Scratch, touched: int) -> None:
    """Make the sums 0 again."""
    for k in range(touched):
        other = s.touched[k]
        s.sums[other, SUM_TOGETHER] = 0.0
        s.sums[other, SUM_FOLLOWING] = 0.0
        s.sums[other, SUM_SESSION] = 0.0


@inlined
def together_feature(s: Scratch, item: int) -> float:
    """See kernels.layout."""
    return log2(1.0 + 10.0 * s.sums[item, SUM_TOGETHER])


@inlined
def lift_feature(n: Neighbours, s: Scratch, item: int) -> float:
    """See kernels.layout."""
    return log2(1.0 + s.sums[item, SUM_TOGETHER] / (USUAL * (n.totals[item] + 1.0)))


@inlined
def next_feature(n: Neighbours, s: Scratch, item: int) -> float:
    """See kernels.layout."""
    if s.sums[item, SUM_FOLLOWING] == 0.0:
        return 0.0
    return log2(1.0 + s.sums[item, SUM_FOLLOWING] / (USUAL * (n.totals[item] + 1.0)))


@inlined
def session_feature(s: Scratch, item: int) -> float:
    """See kernels.layout."""
    if s.sums[item, SUM_SESSION] == 0.0:
        return 0.0
    return log2(1.0 + 10.0 * s.sums[item, SUM_SESSION])
