"""One interaction after the other: rank it, learn how to blend, learn it."""

from __future__ import annotations

import math

import numpy as np

from models.compiled import Doubles, Flags, inlined, kernel
from models.recommend.kernels.arithmetic import LANES, dot
from models.recommend.kernels.blend import LOOK_UP, gather_pool, learn_blend, takes_step, weigh
from models.recommend.kernels.context import group_of, in_session, situation_of, walk_back
from models.recommend.kernels.factors import learn_factors
from models.recommend.kernels.layout import (
    LIKE,
    LIKE_LAST,
    Blend,
    Bounds,
    Content,
    Factors,
    Neighbours,
    Scratch,
    Trends,
)
from models.recommend.kernels.neighbours import count_pairs, forget_sums, sum_neighbours
from models.recommend.kernels.score import half_lives_of
from models.recommend.kernels.search import look_up_leaders, rank_of
from models.recommend.kernels.trends import count_interaction, value_counts
from models.recommend.store.kernels.history import older
from models.recommend.store.kernels.layout import Events, Histories

assert LANES == 8


@kernel
def wish(t: Trends, f: Factors, c: Content, s: Scratch, user: int, size: int) -> None:
    """What the user is after, by content and by factors: `wishes` and `taste`; user -1 is nobody."""
    k = half_lives_of(t)
    like, last = s.weights[k + LIKE], s.weights[k + LIKE_LAST]
    length = 0.0
    if user >= 0:
        length = math.sqrt(dot(c.profiles, user, c.profiles, user))
    for d in range(c.vectors.shape[1]):
        s.wishes[0, d] = c.profiles[user, d] / length if length > 0.0 else 0.0
        s.wishes[1, d] = c.vectors[s.context[0], d] if size > 0 else 0.0
        s.wishes[2, d] = like * s.wishes[0, d] + last * s.wishes[1, d]
    for d in range(s.taste.shape[1]):
        s.taste[0, d] = f.users[user, d] if user >= 0 else 0.0


@inlined
def learn_profile(c: Content, user: int, item: int, weight: float) -> None:
    """The profile is the decayed sum of what the user touched."""
    if dot(c.vectors, item, c.vectors, item) > 0.0:
        for d in range(c.vectors.shape[1]):
            c.profiles[user, d] = c.decay * c.profiles[user, d] + weight * c.vectors[item, d]
        c.dirty[user] = 1


@kernel
def learn_events(
    t: Trends,
    n: Neighbours,
    f: Factors,
    c: Content,
    blend: Blend,
    b: Bounds,
    h: Histories,
    s: Scratch,
    events: Events,
    longest: int,
    ranked: Flags,
    ranks: Doubles,
) -> None:
    """Learn interactions (n,) in order; the place of each item, before it was learned, into ranks (n,) where wanted."""
    for e in range(len(events.users)):
        user, item, weight = events.users[e], events.items[e], events.weights[e]
        sequence, extent = events.sequence[e], events.extents[e]
        s.serial[0] += 2
        entry = older(h.previous, events.entries[e])
        size = walk_back(h, s, entry, longest, events.times[e])
        near = in_session(s, size)
        situation = situation_of(s, size)
        group = group_of(situation)
        new = s.marks[item] != s.serial[0] and h.born[item] < sequence
        steps = new and weight > 0.0 and takes_step(blend, sequence)
        ranks[e] = np.nan
        if steps and t.clock[0] >= blend.looked[0] + LOOK_UP:
            blend.looked[0] = t.clock[0]
            look_up_leaders(blend, t, f, b, h, s, sequence, extent)
        if steps or ranked[e]:
            touched = sum_neighbours(n, s, size, near)
            value_counts(t, s.values)
            weigh(blend, situation, s.weights)
            wish(t, f, c, s, user, size)
            if ranked[e]:
                ranks[e] = rank_of(t, n, f, c, b, h, s, touched, group, item, sequence, extent)
            if steps:
                pool = gather_pool(blend, h, s, item, touched)
                if pool > 1:
                    learn_blend(blend, t, n, f, c, s, pool, situation, group)
            forget_sums(s, touched)
        if weight > 0.0:
            if f.k > 0:
                learn_factors(f, b, s, user, item, sequence, extent, weight)
            if n.items.shape[1] > 0:
                count_pairs(n, s, size, near, item, min(weight, 1e6))
            learn_profile(c, user, item, min(weight, 1e6))
            count_interaction(t, b, item, weight, group)
