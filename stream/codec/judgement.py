"""Decisions as values that an output shows: the part of a score record that comes from the model."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import compress, starmap
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.detector.decisions import ANOMALY, NORMAL, SUPPRESSED, WARMING, Decisions
from stream.codec.reasons import ScoreReason
from stream.codec.rounding import significant
from stream.codec.score import STATUSES, Attribution, Expected, Status

_Explanation = tuple[dict[str, Expected], dict[str, Attribution]] | tuple[None, None]

_REASONS: dict[int, tuple[ScoreReason, ...]] = {
    WARMING: (ScoreReason.WARMING,),
    NORMAL: (ScoreReason.SCORE_BELOW_THRESHOLD,),
    ANOMALY: (ScoreReason.SCORE_ABOVE_THRESHOLD,),
    SUPPRESSED: (ScoreReason.SCORE_ABOVE_THRESHOLD,),
}


class Judgement(NamedTuple):
    """What is said of one record; in the order and with the meaning of ScoreRecord's fields."""

    values: dict[str, float | None]
    score: float
    probability: float
    grade: float
    confidence: float
    threshold: float
    expected: dict[str, Expected] | None
    attribution: dict[str, Attribution] | None
    status: Status
    reasons: tuple[ScoreReason, ...]
    imputed: tuple[str, ...]
    observations: int


def judgements(decisions: Decisions, features: Sequence[str]) -> list[Judgement]:
    """One judgement per decision, in order; numbers rounded to nine digits."""
    numbers = significant(
        np.stack(
            (
                decisions.score,
                decisions.probability,
                decisions.grade,
                decisions.confidence,
                decisions.threshold,
            )
        )
    ).tolist()
    values = np.where(decisions.imputed, significant(decisions.values), decisions.values)
    explained = [*_explanations(decisions, features), (None, None)]
    columns = zip(
        (dict(zip(features, row, strict=True)) for row in values.tolist()),
        *numbers,
        # Row -1 is the last one: no explanation.
        (explained[row] for row in decisions.detail.tolist()),
        decisions.status.tolist(),
        _names_of(decisions.imputed, features),
        decisions.observations.tolist(),
        strict=True,
    )
    return list(starmap(_judgement, columns))


def skipped(values: Sequence[float], features: Sequence[str]) -> Judgement:
    """The judgement of a record that was neither scored nor learned, as a feature is missing."""
    return Judgement(
        # NaN has no JSON form; msgspec writes it as null.
        values=dict(zip(features, values, strict=True)),
        score=0.0,
        probability=1.0,
        grade=0.0,
        confidence=0.0,
        threshold=0.0,
        expected=None,
        attribution=None,
        status=STATUSES[SUPPRESSED],
        reasons=(ScoreReason.MISSING_FEATURE,),
        imputed=(),
        observations=0,
    )


def _judgement(
    values: dict[str, float | None],
    score: float,
    probability: float,
    grade: float,
    confidence: float,
    threshold: float,
    explanation: _Explanation,
    status: int,
    imputed: tuple[str, ...],
    observations: int,
) -> Judgement:
    reasons = _REASONS[status]
    expected, attribution = explanation
    if status == ANOMALY and attribution is None:
        reasons = (*reasons, ScoreReason.NOT_EXPLAINED)
    return Judgement(
        values,
        score,
        probability,
        grade,
        confidence,
        threshold,
        expected,
        attribution,
        STATUSES[status],
        (*reasons, ScoreReason.IMPUTED) if imputed else reasons,
        imputed,
        observations,
    )


def _explanations(decisions: Decisions, features: Sequence[str]) -> list[_Explanation]:
    if not len(decisions.expected):
        return []
    bands = significant(np.stack((decisions.expected, decisions.lower, decisions.upper), -1))
    shares = significant(decisions.attribution.sum(-1)).tolist()
    high = (decisions.attribution[..., 1] >= decisions.attribution[..., 0]).tolist()
    return [
        (
            {name: Expected(*b) for name, b in zip(features, band, strict=True)},
            {
                name: Attribution(min(share, 1.0), "high" if is_high else "low")
                for name, share, is_high in zip(features, row, rises, strict=True)
            },
        )
        for band, row, rises in zip(bands.tolist(), shares, high, strict=True)
    ]


def _names_of(flags: NDArray[np.bool_], features: Sequence[str]) -> list[tuple[str, ...]]:
    """By row, the names of its flagged features."""
    names: list[tuple[str, ...]] = [()] * len(flags)
    for row in np.flatnonzero(flags.any(axis=1)).tolist():
        names[row] = tuple(compress(features, flags[row].tolist()))
    return names
