"""Exact search: the best items, and the place of one, looking only at blocks that may matter."""

from __future__ import annotations

import math

import numpy as np

from models.compiled import Doubles, Flags, Ints, inlined, kernel
from models.recommend.kernels.arithmetic import dot
from models.recommend.kernels.layout import (
    BIAS,
    BLOCK,
    CLUSTERS,
    GROUP,
    LIKE_NEW,
    OPEN,
    PAD,
    TASTE,
    Blend,
    Bounds,
    Content,
    Factors,
    Neighbours,
    Scratch,
    Trends,
)
from models.recommend.kernels.score import half_lives_of, pair_score, plain_score, vector_score
from models.recommend.kernels.trends import trend_bound, value_counts
from models.recommend.store.kernels.layout import ALIVE, Histories

SLACK = 1e-4
"""Bounds and scores are rounded in different orders, and vectors are float32."""


@inlined
def reach_clusters(t: Trends, c: Content, b: Bounds, s: Scratch) -> None:
    """What content adds at most, per cluster: items' vectors have length 1, or 0, and are near their centres."""
    length = math.sqrt(dot(s.wishes, 2, s.wishes, 2))
    new = s.weights[half_lives_of(t) + LIKE_NEW] if c.vectors.shape[1] > 0 else 0.0
    for k in range(CLUSTERS):
        near = dot(s.wishes, 2, b.centres, k) + length * b.radii[k]
        # Not below 0: rows are taken again by items without content.
        s.reaches[k] = max(min(near, length), 0.0) + new
    s.reaches[OPEN] = length + new


@inlined
def taste_length(t: Trends, s: Scratch) -> float:
    """Length of the user's factors times their weight."""
    return s.weights[half_lives_of(t) + TASTE] * math.sqrt(dot(s.taste, 0, s.taste, 0))


@inlined
def vector_bound(b: Bounds, s: Scratch, taste: float, block: int) -> float:
    """What no item of a block has a greater `vector_score` than."""
    return s.reaches[b.clusters[block]] + taste * b.norms[block] + SLACK


@inlined
def blocks_below(extent: int) -> int:
    """Blocks that hold the rows below `extent`."""
    return (extent + PAD + BLOCK - 1) // BLOCK


@inlined
def block_bound(t: Trends, b: Bounds, s: Scratch, block: int, group: int) -> float:
    """What no item of a block has a greater `plain_score` than."""
    bias = s.weights[half_lives_of(t) + BIAS] * b.biases[block]
    return trend_bound(b, s.values, s.weights, block, group) + bias


@inlined
def plain_and_pair_score(
    t: Trends, n: Neighbours, f: Factors, s: Scratch, item: int, group: int
) -> float:
    """All terms but the dot products."""
    score = plain_score(t, f, s, item, group)
    if s.together[item] > 0.0:
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
    extent: int,
    rows: Ints,
    scores: Doubles,
) -> int:
    """The best of the rows below `extent` that are allowed and not marked, best first, into rows and scores (most,).

    Returns how many there are. What the request says must be in the scratch already.
    """
    most = len(rows)
    size = 0
    reach_clusters(t, c, b, s)
    taste = taste_length(t, s)
    # Items with a sum first: they are likely to be the best, and leave few blocks to be looked through.
    for k in range(touched):
        item = s.touched[k]
        if item < extent and candidate(h, s, allowed, item):
            score = plain_score(t, f, s, item, group) + pair_score(t, n, s, item)
            reach = vector_bound(b, s, taste, b.places[item] // BLOCK)
            if size < most or score + reach >= scores[most - 1]:
                score += vector_score(t, n, f, c, s, item)
                size = insert(rows, scores, size, most, item, score)
    for block in range(blocks_below(extent)):
        reach = vector_bound(b, s, taste, block)
        if size == most and block_bound(t, b, s, block, group) + reach < scores[most - 1]:
            continue
        for place in range(block * BLOCK, min(block * BLOCK + BLOCK, extent + PAD)):
            item = b.order[place]
            if item >= 0 and candidate(h, s, allowed, item) and s.together[item] == 0.0:
                score = plain_score(t, f, s, item, group)
                if size < most or score + reach >= scores[most - 1]:
                    score += vector_score(t, n, f, c, s, item)
                    size = insert(rows, scores, size, most, item, score)
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
    reach_clusters(t, c, b, s)
    taste = taste_length(t, s)
    above, equal = 0, 0
    for block in range(blocks_below(extent)):
        reach = vector_bound(b, s, taste, block)
        if block_bound(t, b, s, block, group) + reach < goal:
            continue
        for place in range(block * BLOCK, min(block * BLOCK + BLOCK, extent + PAD)):
            item = b.order[place]
            if item >= 0 and contends(h, s, item, target, sequence) and s.together[item] == 0.0:
                score = plain_score(t, f, s, item, group)
                if score + reach >= goal:
                    score += vector_score(t, n, f, c, s, item)
                    above += score > goal
                    equal += score == goal
    for k in range(touched):
        item = s.touched[k]
        if item < extent and contends(h, s, item, target, sequence):
            score = plain_score(t, f, s, item, group) + pair_score(t, n, s, item)
            if score + vector_bound(b, s, taste, b.places[item] // BLOCK) >= goal:
                score += vector_score(t, n, f, c, s, item)
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
