"""The blend's weights, learned online: each interaction against items that could well have been recommended instead.

A step of softmax regression over a pool of the items that lead by popularity and of those that came with what the
user touched. Only the best of the pool count, the target too: what is far below the top no weights can help. By AdaGrad
 (Duchi, Hazan & Singer 2011), the same weights for all situations and a deviation for each.
"""

from __future__ import annotations

import math

import numpy as np

from models.compiled import Doubles, inlined, kernel
from models.recommend.kernels.arithmetic import exp2
from models.recommend.kernels.layout import (
    SUM_TOGETHER,
    Blend,
    Content,
    Factors,
    Neighbours,
    Scratch,
    Trends,
)
from models.recommend.kernels.score import list_features
from models.recommend.store.kernels.layout import ALIVE, Histories

LEADERS = 96
"""Items that lead by popularity and bias, from which a pool is filled."""
LOOK_UP = 64
"""Interactions from one look at who leads to the next."""
FROM_LEADERS, FROM_PAIRS = 64, 24
POOL = FROM_LEADERS + FROM_PAIRS
BEST = 40
"""Of these the target must be one, for a step to be taken."""
HEAVIEST = 10.0
"""Weights stay in [0, HEAVIEST]."""
EAGER = 20_000
"""Steps from which on only each SELDOM-th interaction makes one: the weights have settled, and steps take time."""
SELDOM = 8


@kernel
def weigh(blend: Blend, situation: int, into: Doubles) -> None:
    """The weights of a situation."""
    for k in range(len(into)):
        weight = blend.shared[k] + blend.own[situation, k]
        into[k] = blend.active[k] * min(max(weight, 0.0), HEAVIEST)


@kernel
def gather_pool(blend: Blend, h: Histories, s: Scratch, target: int, touched: int) -> int:
    """What could be recommended, each item once, nothing that the user has seen, the target first.

    Returns how many there are; 0 where the target is not among them: taken in by itself, it would seem likelier than
    others of its kind.
    """
    serial = s.serial[0]
    size = 0
    for place in range(LEADERS):
        item = blend.leaders[place]
        if size == FROM_LEADERS:
            break
        if item >= 0 and s.marks[item] != serial and h.states[item] == ALIVE:
            s.marks[item] = serial
            s.pool[size] = item
            size += 1
    size = add_pairs(h, s, touched, size)
    at = -1
    for place in range(size):
        if s.pool[place] == target:
            at = place
        if s.marks[s.pool[place]] == serial:
            s.marks[s.pool[place]] = serial - 1
    if at < 0:
        return 0
    s.pool[at] = s.pool[0]
    s.pool[0] = target
    return size


@inlined
def add_pairs(h: Histories, s: Scratch, touched: int, size: int) -> int:
    """Add the touched items of the greatest sums to the pool; returns its size."""
    first, least, at = size, 0.0, -1
    for k in range(touched):
        item = s.touched[k]
        if s.marks[item] == s.serial[0] or h.states[item] != ALIVE:
            continue
        if size - first < FROM_PAIRS:
            s.pool[size] = item
            size += 1
        elif s.sums[item, SUM_TOGETHER] > least:
            s.pool[at] = item
        else:
            continue
        if size - first == FROM_PAIRS:
            at, least = first, s.sums[s.pool[first], SUM_TOGETHER]
            for place in range(first + 1, size):
                if s.sums[s.pool[place], SUM_TOGETHER] < least:
                    at, least = place, s.sums[s.pool[place], SUM_TOGETHER]
    return size


@kernel
def learn_blend(
    blend: Blend,
    t: Trends,
    n: Neighbours,
    f: Factors,
    c: Content,
    s: Scratch,
    size: int,
    situation: int,
    group: int,
) -> None:
    """A step against a pool of `size`, the target first."""
    blend.steps[0] += 1
    for place in range(size):
        list_features(t, n, f, c, s, s.pool[place], group, s.features[place])
        score = 0.0
        for k in range(len(s.weights)):
            score += s.weights[k] * s.features[place, k]
        s.scores[place] = score
    size = keep_best(s, size)
    if size > 0:
        step_weights(blend, s, size, situation)


@inlined
def keep_best(s: Scratch, size: int) -> int:
    """Leave the BEST of the pool in their order; returns how many there are, 0 where the target is not among them."""
    for place in range(size):
        above = 0
        for other in range(size):
            above += s.scores[other] > s.scores[place]
        s.pool[place] = above
    if s.pool[0] >= BEST:
        return 0
    kept = 0
    for place in range(size):
        if s.pool[place] < BEST:
            s.scores[kept] = s.scores[place]
            for k in range(s.features.shape[1]):
                s.features[kept, k] = s.features[place, k]
            kept += 1
    return kept


@inlined
def step_weights(blend: Blend, s: Scratch, size: int, situation: int) -> None:
    """The gradient of log softmax, with base 2 as the features have."""
    top, total = s.scores[0], 0.0
    for place in range(1, size):
        top = max(top, s.scores[place])
    for k in range(len(s.gradient)):
        s.gradient[k] = 0.0
    for place in range(size):
        share = exp2(s.scores[place] - top)
        total += share
        for k in range(len(s.gradient)):
            s.gradient[k] += share * s.features[place, k]
    for k in range(len(s.gradient)):
        pull = blend.active[k] * (s.features[0, k] - s.gradient[k] / total)
        blend.shared_squares[k] += pull * pull
        blend.own_squares[situation, k] += pull * pull
        shared = blend.shared[k] + blend.rate * pull / math.sqrt(blend.shared_squares[k])
        own = blend.own[situation, k] + blend.rate * pull / math.sqrt(
            blend.own_squares[situation, k]
        )
        blend.shared[k] = min(max(shared, 0.0), HEAVIEST)
        blend.own[situation, k] = min(max(own, -HEAVIEST), HEAVIEST)


@inlined
def takes_step(blend: Blend, sequence: int) -> bool:
    """Whether an interaction makes a step."""
    return bool(blend.steps[0] < EAGER or np.int64(sequence) % SELDOM == 0)
