"""Decisions to score records, a batch at a time."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import compress

import msgspec
import numpy as np
from numpy.typing import NDArray

from models.detector.decisions import ANOMALY, NORMAL, SUPPRESSED, WARMING, Decisions
from stream.codec.cloud_events import EventHeaders
from stream.codec.decoder import Event
from stream.codec.keys import entity_text
from stream.codec.reasons import ScoreReason
from stream.codec.rounding import significant
from stream.codec.score import STATUSES, Attribution, Expected, ScoreRecord, Source
from stream.codec.timestamps import all_to_rfc3339, to_rfc3339
from stream.records import Outgoing, Record

_Explanation = tuple[dict[str, Expected], dict[str, Attribution]] | tuple[None, None]

_REASONS = {
    WARMING: (ScoreReason.WARMING,),
    NORMAL: (ScoreReason.SCORE_BELOW_THRESHOLD,),
    ANOMALY: (ScoreReason.SCORE_ABOVE_THRESHOLD,),
    SUPPRESSED: (ScoreReason.SCORE_ABOVE_THRESHOLD,),
}
_SKIPPED = (ScoreReason.MISSING_FEATURE,)


class ScoreWriter:
    """Writes one detector's score records for `topic`, numbers rounded to nine digits."""

    def __init__(self, detector: str, features: Sequence[str], topic: str) -> None:
        self._detector = detector
        self._features = tuple(features)
        self._topic = topic
        self._headers = EventHeaders("score", detector)
        self._encode = msgspec.json.Encoder().encode

    def scored(
        self, records: Sequence[Record], events: Sequence[Event], decisions: Decisions
    ) -> list[Outgoing]:
        """One output per record, in order; row i of `decisions` is about record i."""
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
        explained = [*self._explanations(decisions), (None, None)]
        columns = zip(
            records,
            events,
            all_to_rfc3339([event.time for event in events]),
            values.tolist(),
            *numbers,
            decisions.status.tolist(),
            decisions.observations.tolist(),
            # Row -1 is the last one: no explanation.
            (explained[row] for row in decisions.detail.tolist()),
            _names_of(decisions.imputed, self._features),
            strict=True,
        )
        return [self._scored(*row) for row in columns]

    def _scored(
        self,
        record: Record,
        event: Event,
        time: str,
        values: list[float],
        score: float,
        probability: float,
        grade: float,
        confidence: float,
        threshold: float,
        status: int,
        observations: int,
        explanation: _Explanation,
        imputed: tuple[str, ...],
    ) -> Outgoing:
        reasons = _REASONS[status]
        expected, attribution = explanation
        return self._outgoing(
            record,
            event,
            ScoreRecord(
                self._detector,
                entity_text(event.entity),
                time,
                dict(zip(self._features, values, strict=True)),
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
                Source(record.topic, record.partition, record.offset),
            ),
        )

    def skipped(self, record: Record, event: Event) -> Outgoing:
        """The output for a record that was neither scored nor learned, as a feature is missing."""
        return self._outgoing(
            record,
            event,
            ScoreRecord(
                detector=self._detector,
                entity=entity_text(event.entity),
                time=to_rfc3339(event.time),
                # NaN has no JSON form; msgspec writes it as null.
                values=dict(zip(self._features, event.values, strict=True)),
                score=0.0,
                probability=1.0,
                grade=0.0,
                confidence=0.0,
                threshold=0.0,
                expected=None,
                attribution=None,
                status=STATUSES[SUPPRESSED],
                reasons=_SKIPPED,
                imputed=(),
                observations=0,
                source=Source(record.topic, record.partition, record.offset),
            ),
        )

    def _outgoing(self, record: Record, event: Event, score: ScoreRecord) -> Outgoing:
        return Outgoing(
            self._topic,
            event.entity,
            self._encode(score),
            self._headers.make(record, event.entity, score.time),
            # Logs keep no times before 1970; the record itself does.
            max(event.time // 1_000, 0),
            record.partition,
        )

    def _explanations(self, decisions: Decisions) -> list[_Explanation]:
        if not len(decisions.expected):
            return []
        bands = significant(np.stack((decisions.expected, decisions.lower, decisions.upper), -1))
        shares = significant(decisions.attribution.sum(-1)).tolist()
        high = (decisions.attribution[..., 1] >= decisions.attribution[..., 0]).tolist()
        return [
            (
                {name: Expected(*b) for name, b in zip(self._features, band, strict=True)},
                {
                    name: Attribution(min(share, 1.0), "high" if is_high else "low")
                    for name, share, is_high in zip(self._features, row, rises, strict=True)
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
