"""Decisions to score records, a batch at a time."""

from __future__ import annotations

from collections.abc import Sequence

from models.detector.decisions import Decisions
from stream.codec.cloud_events import EventHeaders
from stream.codec.decoder import Event
from stream.codec.formats.writing import Encoder
from stream.codec.judgement import Judgement, judgements, skipped
from stream.codec.keys import entity_text
from stream.codec.score import ScoreRecord, Source
from stream.codec.timestamps import all_to_rfc3339, to_rfc3339
from stream.records import Outgoing, Record


class ScoreWriter:
    """Writes one detector's score records for `topic`, numbers rounded to nine digits."""

    def __init__(
        self, detector: str, features: Sequence[str], topic: str, encoder: Encoder
    ) -> None:
        self._detector = detector
        self._features = tuple(features)
        self._topic = topic
        self._headers = EventHeaders("score", detector, encoder.content_type)
        self._encode = encoder.encode

    def scored(
        self, records: Sequence[Record], events: Sequence[Event], decisions: Decisions
    ) -> list[ScoreRecord]:
        """One score per record, in order; row i of `decisions` is about record i."""
        times = all_to_rfc3339([event.time for event in events])
        judged = judgements(decisions, self._features)
        return list(map(self._score, records, events, times, judged))

    def skipped(self, record: Record, event: Event) -> ScoreRecord:
        """The score of a record that was neither scored nor learned, as a feature is missing."""
        judgement = skipped(event.values, self._features)
        return self._score(record, event, to_rfc3339(event.time), judgement)

    def write(self, record: Record, event: Event, score: ScoreRecord) -> Outgoing:
        """The output that says `score` of `record`, in its partition and with its event time."""
        return Outgoing(
            self._topic,
            event.entity,
            self._encode(score),
            self._headers.make(record, event.entity, score.time),
            # Logs keep no times before 1970; the record itself does.
            max(event.time // 1_000, 0),
            record.partition,
        )

    def _score(self, record: Record, event: Event, time: str, judgement: Judgement) -> ScoreRecord:
        source = Source(record.topic, record.partition, record.offset)
        return ScoreRecord(self._detector, entity_text(event.entity), time, *judgement, source)
