"""Answering one request: everything from what the user touched to the best items, in one call."""

from __future__ import annotations

from models.compiled import Doubles, Flags, Ints, inlined, kernel
from models.recommend.kernels.blend import weigh
from models.recommend.kernels.context import group_of, in_session, situation_of
from models.recommend.kernels.layout import (
    Blend,
    Bounds,
    Content,
    Factors,
    Neighbours,
    Scratch,
    Trends,
    Words,
)
from models.recommend.kernels.learn import wish
from models.recommend.kernels.neighbours import NEWER, find_slot, forget_sums, sum_neighbours
from models.recommend.kernels.search import best_items, whole_score
from models.recommend.kernels.trends import value_counts
from models.recommend.store.kernels.layout import Histories


@inlined
def prepare(
    t: Trends, n: Neighbours, f: Factors, c: Content, blend: Blend, s: Scratch, user: int, size: int
) -> int:
    """Fill the scratch for a user row (-1: nobody) and the context that is there; returns how many items have a sum."""
    s.serial[0] += 2
    touched = sum_neighbours(n, s, size, in_session(s, size))
    value_counts(t, s.values)
    weigh(blend, situation_of(s, size), s.weights)
    wish(t, f, c, s, user, size)
    return touched


@kernel
def answer(
    t: Trends,
    n: Neighbours,
    f: Factors,
    c: Content,
    blend: Blend,
    b: Bounds,
    h: Histories,
    s: Scratch,
    user: int,
    size: int,
    allowed: Flags,
    passing: Words,
    excluded: Ints,
    extent: int,
    rows: Ints,
    scores: Doubles,
) -> int:
    """The best of the rows below `extent` that are allowed and not excluded; see kernels.search.best_items."""
    touched = prepare(t, n, f, c, blend, s, user, size)
    for k in range(len(excluded)):
        s.marks[excluded[k]] = s.serial[0]
    group = group_of(situation_of(s, size))
    found = best_items(t, n, f, c, b, h, s, touched, group, allowed, passing, extent, rows, scores)
    forget_sums(s, touched)
    return found


@kernel
def score_rows(
    t: Trends,
    n: Neighbours,
    f: Factors,
    c: Content,
    blend: Blend,
    s: Scratch,
    user: int,
    size: int,
    rows: Ints,
    scores: Doubles,
) -> None:
    """The scores of some rows (n,), as `answer` has them."""
    touched = prepare(t, n, f, c, blend, s, user, size)
    group = group_of(situation_of(s, size))
    for k in range(len(rows)):
        scores[k] = whole_score(t, n, f, c, s, rows[k], group)
    forget_sums(s, touched)


@kernel
def strongest(n: Neighbours, context: Ints, items: Ints, found: Ints) -> None:
    """Per item, that of a context, newest first, with the greatest part in its sum; -1 where none has one."""
    for k in range(len(items)):
        best, most, weight = -1, 0.0, 1.0
        for place in range(len(context)):
            slot = find_slot(n, context[place], items[k])
            if slot >= 0 and weight * n.together[context[place], slot] > most:
                best, most = context[place], weight * n.together[context[place], slot]
            weight *= NEWER
        found[k] = best
