"""Exact search: the best items, and the place of one, looking only at blocks that may matter."""

from __future__ import annotations

import numpy as np

from models.compiled import Doubles, Flags, Ints, inlined, kernel
from models.recommend.kernels.layout import (
    BLOCK,
    GROUP,
    PAD,
    SUM_TOGETHER,
    Blend,
    Bounds,
    Content,
    Factors,
    Neighbours,
    Scratch,
    Trends,
    Words,
)
from models.recommend.kernels.reach import (
    SLACK,
    Reach,
    block_bound,
    blocks_below,
    pair_bound,
    plain_bound,
    reach_of,
    sketch_bound,
    vector_bound,
)
from models.recommend.kernels.score import half_lives_of, pair_score, plain_score, vector_score
from models.recommend.kernels.trends import value_counts
from models.recommend.store.kernels.layout import ALIVE, Histories

NONE, ONE = np.uint64(0), np.uint64(1)
FIRST = 16
"""Items with a sum that are looked at in the order of their bounds: good ones spare the others."""


@inlined
def plain_and_pair_score(
    t: Trends, n: Neighbours, f: Factors, s: Scratch, item: int, group: int
) -> float:
    """All terms but the dot products."""
    score = plain_score(t, f, s, item, group)
    if s.sums[item, SUM_TOGETHER] > 0.0:
        score += pair_score(t, n, s, item)
    return score


@inlined
def better(score: float, item: int, other_score: float, other: int) -> bool:
    """The order of answers: by score, equal ones by row."""
    return score > other_score or (score == other_score and item < other)


@inlined
def insert(rows: Ints, scores: Doubles, size: int, most: int, item: int, score: float) -> int:
    """Put an item in its place among the best so far; returns how many there are."""
    if size == most and not better(score, item, scores[size - 1], rows[size - 1]):
        return size
    place = size if size < most else size - 1
    while place > 0 and better(score, item, scores[place - 1], rows[place - 1]):
        rows[place], scores[place] = rows[place - 1], scores[place - 1]
        place -= 1
    rows[place], scores[place] = item, score
    return min(size + 1, most)


@inlined
def candidate(h: Histories, s: Scratch, allowed: Flags, item: int) -> bool:
    """Whether a row may be answered."""
    return bool(allowed[item] and s.marks[item] != s.serial[0] and h.states[item] == ALIVE)


@inlined
def bound_touched(
    t: Trends,
    n: Neighbours,
    b: Bounds,
    h: Histories,
    s: Scratch,
    r: Reach,
    touched: int,
    group: int,
    allowed: Flags,
    extent: int,
) -> None:
    """What each item with a sum does not have a greater score than; -inf for one that may not be answered."""
    for k in range(touched):
        item = s.touched[k]
        s.limits[k] = -np.inf
        if item < extent and candidate(h, s, allowed, item):
            place = b.places[item]
            plain = plain_bound(t, b, s, place, group) + pair_bound(t, n, s, item)
            s.limits[k] = plain + vector_bound(b, s, r, place // BLOCK)


@inlined
def greatest(limits: Doubles, size: int) -> int:
    """Where the greatest of some numbers stands, the first of equal ones."""
    top = limits[0]
    for k in range(1, size):
        top = max(top, limits[k])
    for k in range(size):
        if limits[k] == top:
            return k
    return 0


@inlined
def search_touched(
    t: Trends,
    n: Neighbours,
    f: Factors,
    c: Content,
    b: Bounds,
    s: Scratch,
    r: Reach,
    touched: int,
    group: int,
    rows: Ints,
    scores: Doubles,
) -> int:
    """The best of the items with a sum, whose bounds are there; returns how many there are."""
    most, size = len(rows), 0
    for _ in range(min(most, touched, FIRST)):
        k = greatest(s.limits, touched)
        if s.limits[k] > -np.inf:
            s.limits[k] = -np.inf
            item = s.touched[k]
            score = whole_score(t, n, f, c, s, item, group)
            size = insert(rows, scores, size, most, item, score)
    for k in range(touched):
        if s.limits[k] == -np.inf or (size == most and s.limits[k] < scores[most - 1]):
            continue
        item = s.touched[k]
        if size == most:
            place = b.places[item]
            plain = s.limits[k] - vector_bound(b, s, r, place // BLOCK)
            if plain + sketch_bound(b, s, r, place) < scores[most - 1]:
                continue
        score = whole_score(t, n, f, c, s, item, group)
        size = insert(rows, scores, size, most, item, score)
    return size


@inlined
def search_block(
    t: Trends,
    n: Neighbours,
    f: Factors,
    c: Content,
    b: Bounds,
    h: Histories,
    s: Scratch,
    r: Reach,
    block: int,
    bits: np.uint64,
    group: int,
    allowed: Flags,
    extent: int,
    rows: Ints,
    scores: Doubles,
    size: int,
) -> int:
    """Add the items at some places of a block to the best so far; returns how many there are."""
    most = len(rows)
    reach = vector_bound(b, s, r, block)
    place = block * BLOCK - 1
    # The last block may be shorter than its bits.
    while bits != NONE and place + 1 < len(b.order):
        place += 1
        here = bits & ONE
        bits >>= ONE
        if here == NONE:
            continue
        if size == most:
            plain = plain_bound(t, b, s, place, group)
            if plain + reach < scores[most - 1]:
                continue
            if plain + sketch_bound(b, s, r, place) < scores[most - 1]:
                continue
        item = b.order[place]
        if (
            0 <= item < extent
            and s.sums[item, SUM_TOGETHER] == 0.0
            and candidate(h, s, allowed, item)
        ):
            score = whole_score(t, n, f, c, s, item, group)
            size = insert(rows, scores, size, most, item, score)
    return size


@kernel
def best_items(
    t: Trends,
    n: Neighbours,
    f: Factors,
    c: Content,
    b: Bounds,
    h: Histories,
    s: Scratch,
    touched: int,
    group: int,
    allowed: Flags,
    passing: Words,
    extent: int,
    rows: Ints,
    scores: Doubles,
) -> int:
    """The best of the rows below `extent` that are allowed and not marked, best first, into rows and scores (most,).

    passing: (blocks,), a bit per place: allowed items are only there, and where `Bounds.unsettled` says.
    Returns how many there are. What the request says must be in the scratch already.
    """
    most = len(rows)
    r = reach_of(t, c, b, s)
    # Items with a sum first: they are likely to be the best, and leave few blocks to be looked through.
    bound_touched(t, n, b, h, s, r, touched, group, allowed, extent)
    size = search_touched(t, n, f, c, b, s, r, touched, group, rows, scores)
    for block in range(blocks_below(extent)):
        bits = passing[block] | b.unsettled[block]
        if bits == NONE:
            continue
        reach = vector_bound(b, s, r, block)
        if size < most or block_bound(t, b, s, block, group) + reach >= scores[most - 1]:
            size = search_block(
                t, n, f, c, b, h, s, r, block, bits, group, allowed, extent, rows, scores, size
            )
    return size


@kernel
def look_up_leaders(
    blend: Blend,
    t: Trends,
    f: Factors,
    b: Bounds,
    h: Histories,
    s: Scratch,
    sequence: int,
    extent: int,
) -> None:
    """Note who leads by `plain_score`, by the weights that all situations share, before operation `sequence`."""
    for k in range(len(s.weights)):
        s.weights[k] = blend.active[k] * blend.shared[k]
    s.weights[half_lives_of(t) + GROUP] = 0.0
    value_counts(t, s.values)
    most, size = len(s.leaders), 0
    for block in range(blocks_below(extent)):
        if size == most and block_bound(t, b, s, block, 0) + SLACK < s.leading[most - 1]:
            continue
        for place in range(block * BLOCK, min(block * BLOCK + BLOCK, extent + PAD)):
            item = b.order[place]
            if item >= 0 and h.states[item] == ALIVE and h.born[item] < sequence:
                score = plain_score(t, f, s, item, 0)
                size = insert(s.leaders, s.leading, size, most, item, score)
    for place in range(most):
        blend.leaders[place] = s.leaders[place] if place < size else -1


@kernel
def whole_score(
    t: Trends, n: Neighbours, f: Factors, c: Content, s: Scratch, item: int, group: int
) -> float:
    """The score of an item, its terms added in one order everywhere."""
    return plain_and_pair_score(t, n, f, s, item, group) + vector_score(t, n, f, c, s, item)


@kernel
def rank_of(
    t: Trends,
    n: Neighbours,
    f: Factors,
    c: Content,
    b: Bounds,
    h: Histories,
    s: Scratch,
    touched: int,
    group: int,
    target: int,
    sequence: int,
    extent: int,
) -> float:
    """The place of an item among all that existed before operation `sequence` and are not marked; ties at their mean.

    Infinite where the item itself did not exist, or is marked.
    """
    if h.born[target] >= sequence or s.marks[target] == s.serial[0]:
        return np.inf
    goal = whole_score(t, n, f, c, s, target, group)
    r = reach_of(t, c, b, s)
    above, equal = 0, 0
    for block in range(blocks_below(extent)):
        reach = vector_bound(b, s, r, block)
        if block_bound(t, b, s, block, group) + reach < goal:
            continue
        for place in range(block * BLOCK, min(block * BLOCK + BLOCK, extent + PAD)):
            bound = plain_bound(t, b, s, place, group)
            if bound + reach < goal or bound + sketch_bound(b, s, r, place) < goal:
                continue
            item = b.order[place]
            if (
                item >= 0
                and s.sums[item, SUM_TOGETHER] == 0.0
                and contends(h, s, item, target, sequence)
            ):
                score = whole_score(t, n, f, c, s, item, group)
                above += score > goal
                equal += score == goal
    for k in range(touched):
        item = s.touched[k]
        if item < extent and contends(h, s, item, target, sequence):
            place = b.places[item]
            bound = plain_bound(t, b, s, place, group) + pair_bound(t, n, s, item)
            if bound + sketch_bound(b, s, r, place) >= goal:
                score = whole_score(t, n, f, c, s, item, group)
                above += score > goal
                equal += score == goal
    return 1.0 + above + 0.5 * equal


@inlined
def contends(h: Histories, s: Scratch, item: int, target: int, sequence: int) -> bool:
    """Whether an item could have been recommended in the target's place."""
    return bool(
        item != target
        and s.marks[item] != s.serial[0]
        and h.states[item] == ALIVE
        and h.born[item] < sequence
    )
