"""Raising and lowering candidates."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from models.recommend.catalogue.catalogue import Catalogue
from models.recommend.serving.rules import Boost
from models.recommend.serving.sources import Candidates


def boosted(found: Candidates, boosts: Sequence[Boost], catalogue: Catalogue) -> Candidates:
    """The candidates with boosts applied to their scores, best first; equal ones stay in their order."""
    if not boosts:
        return found
    scores = found.scores.astype(np.float64)
    for boost in boosts:
        passing = np.array(
            [catalogue.passes(row, boost.filter) for row in found.rows.tolist()], np.bool_
        )
        own = scores[passing]
        scores[passing] = np.where(own >= 0.0, own * boost.times, own / boost.times) + boost.plus
    order = np.argsort(-scores, kind="stable")
    return Candidates(found.rows[order], scores[order])
