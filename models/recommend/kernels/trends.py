"""Decayed popularity; see kernels.layout.Trends."""

from __future__ import annotations

from models.compiled import Doubles, Floats, inlined, kernel
from models.recommend.kernels.arithmetic import above_log2, log2
from models.recommend.kernels.layout import BLOCK, GROUPS, Bounds, Trends

SPAN = 64
"""Half-lives of an epoch."""
CARRIED = 2.0**-SPAN
FLOOR = 0.05
"""Popularity of what nobody touched: keeps logarithms finite, and one interaction of a rare item from meaning much."""
MOST = 1e6
"""Weight of one interaction at most."""


@inlined
def carry(at: int, start: int, span: int) -> float:
    """What a count of the epoch in which `at` lies is worth in the running one."""
    if at >= start:
        return 1.0
    if at >= start - span:
        return CARRIED
    return 0.0


@kernel
def count_interaction(t: Trends, b: Bounds, item: int, weight: float, group: int) -> None:
    """Learn that an item was touched, in one situation's group."""
    now = t.clock[0]
    columns = t.counts.shape[1]
    half_lives = columns - GROUPS
    block = b.places[item] // BLOCK
    for c in range(columns):
        if now >= t.starts[c] + t.spans[c]:
            t.starts[c] += t.spans[c]
            t.growth[c] = 1.0
            for other in range(b.counts.shape[0]):
                b.counts[other, c] *= CARRIED
            for place in range(b.own.shape[0]):
                b.own[place, c] *= CARRIED
        count = t.counts[item, c] * carry(t.at[item], t.starts[c], t.spans[c])
        if c < half_lives or c == half_lives + group:
            count += min(weight, MOST) * t.growth[c]
        t.counts[item, c] = count
        b.counts[block, c] = max(b.counts[block, c], t.counts[item, c])
        b.own[b.places[item], c] = t.counts[item, c]
        t.growth[c] *= t.steps[c]
    t.at[item] = now
    t.dirty[item] = 1
    t.clock[0] = now + 1


@inlined
def value_counts(t: Trends, values: Doubles) -> None:
    """What a count of 1 is worth now, of the running epoch and of the one before, into (columns, 2)."""
    for c in range(t.counts.shape[1]):
        values[c, 0] = 1.0 / t.growth[c]
        values[c, 1] = CARRIED / t.growth[c]


@inlined
def popularity(t: Trends, values: Doubles, item: int, c: int) -> float:
    """Decayed interactions of an item by one column."""
    at = t.at[item]
    if at >= t.starts[c]:
        return t.counts[item, c] * values[c, 0]
    if at >= t.starts[c] - t.spans[c]:
        return t.counts[item, c] * values[c, 1]
    return 0.0


@inlined
def trend_score(t: Trends, values: Doubles, weights: Doubles, item: int, group: int) -> float:
    """Weighted logarithms of an item's popularity, by every half-life and in one group."""
    half_lives = t.counts.shape[1] - GROUPS
    score = 0.0
    for c in range(half_lives):
        if weights[c] > 0.0:
            score += weights[c] * log2(popularity(t, values, item, c) + FLOOR)
    if weights[half_lives] > 0.0:
        score += weights[half_lives] * log2(popularity(t, values, item, half_lives + group) + FLOOR)
    return score


@inlined
def trend_bound(counts: Floats, values: Doubles, weights: Doubles, at: int, group: int) -> float:
    """What no item with at most the counts (n, half-lives + GROUPS) of row `at` has a greater `trend_score` than."""
    half_lives = counts.shape[1] - GROUPS
    c = half_lives + group
    score = weights[half_lives] * above_log2(counts[at, c] * values[c, 0] + FLOOR)
    for c in range(half_lives):
        score += weights[c] * above_log2(counts[at, c] * values[c, 0] + FLOOR)
    return score


@kernel
def popularities(t: Trends, values: Doubles, c: int, into: Doubles) -> None:
    """Decayed interactions of all items (n,) by one column."""
    value_counts(t, values)
    for item in range(len(into)):
        into[item] = popularity(t, values, item, c)
