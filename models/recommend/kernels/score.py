"""The blend's score of an item, term by term."""

from __future__ import annotations

from models.compiled import Doubles, inlined, kernel
from models.recommend.kernels.arithmetic import dot, log2
from models.recommend.kernels.layout import (
    AFTER_TRENDS,
    BIAS,
    GROUP,
    GROUPS,
    LIFT,
    LIKE,
    LIKE_LAST,
    LIKE_NEW,
    NEXT,
    SESSION,
    TASTE,
    TOGETHER,
    Content,
    Factors,
    Neighbours,
    Scratch,
    Trends,
)
from models.recommend.kernels.neighbours import (
    lift_feature,
    next_feature,
    session_feature,
    together_feature,
)
from models.recommend.kernels.trends import FLOOR, popularity, trend_score

KNOWN = 5.0
"""Interactions after which an item counts as half known."""


@inlined
def half_lives_of(t: Trends) -> int:
    """Number of features before GROUP."""
    return t.counts.shape[1] - GROUPS


@inlined
def newness(n: Neighbours, item: int) -> float:
    """1 for an item that nobody touched, falling to 0."""
    return KNOWN / (KNOWN + n.totals[item])


@kernel
def list_features(
    t: Trends,
    n: Neighbours,
    f: Factors,
    c: Content,
    s: Scratch,
    item: int,
    group: int,
    into: Doubles,
) -> None:
    """All features of an item."""
    k = half_lives_of(t)
    for column in range(k):
        into[column] = log2(popularity(t, s.values, item, column) + FLOOR)
    into[k + GROUP] = log2(popularity(t, s.values, item, k + group) + FLOOR)
    into[k + TOGETHER] = together_feature(s, item)
    into[k + LIFT] = lift_feature(n, s, item)
    into[k + NEXT] = next_feature(n, s, item)
    into[k + SESSION] = session_feature(s, item)
    like = dot(s.wishes, 0, c.vectors, item)
    into[k + LIKE] = like
    into[k + LIKE_LAST] = dot(s.wishes, 1, c.vectors, item)
    into[k + LIKE_NEW] = like * newness(n, item)
    into[k + TASTE] = dot(s.taste, 0, f.items, item)
    into[k + BIAS] = f.biases[item]


@inlined
def plain_score(t: Trends, f: Factors, s: Scratch, item: int, group: int) -> float:
    """The terms that a bound over items is kept of: popularity and bias."""
    bias = s.weights[half_lives_of(t) + BIAS] * f.biases[item]
    return trend_score(t, s.values, s.weights, item, group) + bias


@kernel
def pair_score(t: Trends, n: Neighbours, s: Scratch, item: int) -> float:
    """The terms of an item that came with what the user touched."""
    k = half_lives_of(t)
    w = s.weights
    return (
        w[k + TOGETHER] * together_feature(s, item)
        + w[k + LIFT] * lift_feature(n, s, item)
        + w[k + NEXT] * next_feature(n, s, item)
        + w[k + SESSION] * session_feature(s, item)
    )


@kernel
def vector_score(t: Trends, n: Neighbours, f: Factors, c: Content, s: Scratch, item: int) -> float:
    """The terms that are dot products: content and factors."""
    k = half_lives_of(t)
    score = 0.0
    if s.weights[k + LIKE_NEW] > 0.0:
        score += s.weights[k + LIKE_NEW] * newness(n, item) * dot(s.wishes, 0, c.vectors, item)
    if s.weights[k + LIKE] > 0.0 or s.weights[k + LIKE_LAST] > 0.0:
        score += dot(s.wishes, 2, c.vectors, item)
    if s.weights[k + TASTE] > 0.0:
        score += s.weights[k + TASTE] * dot(s.taste, 0, f.items, item)
    return score


assert AFTER_TRENDS == BIAS + 1
