"""What no item of a block, or at a place, has a greater score than; see kernels.layout.Bounds."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from models.compiled import inlined
from models.recommend.kernels.arithmetic import above_log2, dot, whole_dot
from models.recommend.kernels.layout import (
    BIAS,
    BLOCK,
    CLUSTERS,
    LIFT,
    LIKE_NEW,
    NEXT,
    OPEN,
    PAD,
    SESSION,
    SUM_FOLLOWING,
    SUM_SESSION,
    SUM_TOGETHER,
    TASTE,
    TOGETHER,
    Bounds,
    Content,
    Neighbours,
    Scratch,
    Trends,
)
from models.recommend.kernels.neighbours import USUAL
from models.recommend.kernels.score import half_lives_of
from models.recommend.kernels.trends import trend_bound

SLACK = 1e-4
"""Bounds and scores are rounded in different orders, and vectors are float32."""
FINEST = 32_767.0
"""Steps of the greatest number of a wish: so many that a product of sketches fits 32 bits."""


class Reach(NamedTuple):
    """What bounds are made of, of one request."""

    wish: float
    """Length of what the user is after by content."""
    step: float
    """Length of a step in the wish's sketch."""
    new: float
    """What content adds at most to an item for being new."""
    taste: float
    """Length of the user's factors times their weight."""


@inlined
def reach_of(t: Trends, c: Content, b: Bounds, s: Scratch) -> Reach:
    """Of the request in the scratch; what content adds at most, per cluster, goes into `reaches`."""
    wish = math.sqrt(dot(s.wishes, 2, s.wishes, 2))
    new = s.weights[half_lives_of(t) + LIKE_NEW] if c.vectors.shape[1] > 0 else 0.0
    for k in range(CLUSTERS):
        # Items' vectors have length 1, or 0, and are near their centres. Not below 0: rows are taken again by items
        # without content.
        near = dot(s.wishes, 2, b.centres, k) + wish * b.radii[k]
        s.reaches[k] = max(min(near, wish), 0.0) + new
    s.reaches[OPEN] = wish + new
    taste = s.weights[half_lives_of(t) + TASTE] * math.sqrt(dot(s.taste, 0, s.taste, 0))
    return Reach(wish, sketch_wish(s), new, taste)


@inlined
def sketch_wish(s: Scratch) -> float:
    """Put the wish into whole steps; returns their length."""
    greatest = 0.0
    for d in range(s.wishes.shape[1]):
        greatest = max(greatest, abs(s.wishes[2, d]))
    if greatest == 0.0:
        s.sketch[:] = 0
        return 0.0
    for d in range(s.wishes.shape[1]):
        s.sketch[0, d] = np.int16(s.wishes[2, d] / greatest * FINEST)
    return greatest / FINEST


@inlined
def blocks_below(extent: int) -> int:
    """Blocks that hold the rows below `extent`."""
    return (extent + PAD + BLOCK - 1) // BLOCK


@inlined
def vector_bound(b: Bounds, s: Scratch, r: Reach, block: int) -> float:
    """What no item of a block has a greater `vector_score` than."""
    return s.reaches[b.clusters[block]] + r.taste * b.norms[block] + SLACK


@inlined
def block_bound(t: Trends, b: Bounds, s: Scratch, block: int, group: int) -> float:
    """What no item of a block has a greater `plain_score` than."""
    bias = s.weights[half_lives_of(t) + BIAS] * b.biases[block]
    return trend_bound(b.counts, s.values, s.weights, block, group) + bias


@inlined
def sketch_bound(b: Bounds, s: Scratch, r: Reach, place: int) -> float:
    """What the item at a place does not have a greater `vector_score` than."""
    like = r.step * b.steps[place] * whole_dot(s.sketch, 0, b.sketches, place)
    # A sketch is about 1 long at most, and each number of the wish less than a step off.
    off = r.wish * b.errors[place] + 2.0 * math.sqrt(b.sketches.shape[1]) * r.step
    return like + off + r.new + r.taste * b.norms[place // BLOCK] + SLACK


@inlined
def plain_bound(t: Trends, b: Bounds, s: Scratch, place: int, group: int) -> float:
    """What the item at a place does not have a greater `plain_score` than."""
    bias = s.weights[half_lives_of(t) + BIAS] * b.biases[place // BLOCK]
    return trend_bound(b.own, s.values, s.weights, place, group) + bias


@inlined
def pair_bound(t: Trends, n: Neighbours, s: Scratch, item: int) -> float:
    """What an item that has a sum does not have a greater `pair_score` than."""
    k = half_lives_of(t)
    w = s.weights
    usual = 1.0 / (USUAL * (n.totals[item] + 1.0))
    bound = w[k + TOGETHER] * above_log2(1.0 + 10.0 * s.sums[item, SUM_TOGETHER])
    bound += w[k + LIFT] * above_log2(1.0 + usual * s.sums[item, SUM_TOGETHER])
    if s.sums[item, SUM_FOLLOWING] > 0.0:
        bound += w[k + NEXT] * above_log2(1.0 + usual * s.sums[item, SUM_FOLLOWING])
    if s.sums[item, SUM_SESSION] > 0.0:
        bound += w[k + SESSION] * above_log2(1.0 + 10.0 * s.sums[item, SUM_SESSION])
    return bound
