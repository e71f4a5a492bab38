"""Items like an item: by who touched both, then by what is said of them."""

from __future__ import annotations

import numpy as np

from models.compiled import Doubles, Flags, Ints
from models.recommend.lineup import Lineup

LEAST = 0.1
"""Likeness of content below which items are not called similar."""


def similar(lineup: Lineup, item: int, allowed: Flags, n: int) -> list[tuple[str, Ints, Doubles]]:
    """At most n rows that are allowed, as (source, rows, scores): best first, later sources' scores moved below."""
    rows, scores = lineup.hybrid.cooccurrence.similar(item)
    mine = allowed[rows] & (rows != item)
    rows, scores = rows[mine][:n], scores[mine][:n]
    found = [("cooccurrence", rows, scores)]
    if lineup.content is None or len(rows) == n:
        return found
    vector = lineup.content.vectors[item]
    others = np.flatnonzero(allowed)
    others = others[(others != item) & ~np.isin(others, rows)]
    likeness = lineup.content.scores(vector, others).astype(np.float64)
    order = np.lexsort((others, -likeness))[: n - len(rows)]
    order = order[likeness[order] >= LEAST]
    others, likeness = others[order], likeness[order]
    if len(rows) and len(others):
        likeness -= max(float(likeness[0]) - float(scores[-1]), 0.0)
    return [*found, ("content", others, likeness)]
