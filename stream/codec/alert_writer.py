"""Score records of anomalies to alert records."""

from __future__ import annotations

import msgspec

from stream.codec.alert import AlertRecord, severity_of
from stream.codec.alert_text import summary, title
from stream.codec.cloud_events import EventHeaders
from stream.codec.decoder import Event
from stream.codec.formats.writing import Encoder
from stream.codec.score import ScoreRecord
from stream.records import Outgoing, Record


class AlertWriter:
    """Writes one detector's alert records for `topic`, keyed by the entity."""

    def __init__(self, detector: str, topic: str, encoder: Encoder) -> None:
        self._topic = topic
        self._headers = EventHeaders("alert", detector, encoder.content_type)
        self._encode = encoder.encode

    def write(self, record: Record, event: Event, score: ScoreRecord) -> Outgoing:
        """The alert of `record`, whose `score` has the status `anomaly`.

        It stands in the partition of the record, with the event time, as its score does.
        """
        alert = AlertRecord(
            **msgspec.structs.asdict(score),
            id=self._headers.identity(record),
            severity=severity_of(score.grade),
            title=title(score),
            summary=summary(score),
        )
        return Outgoing(
            self._topic,
            event.entity,
            self._encode(alert),
            self._headers.make(record, event.entity, score.time),
            max(event.time // 1_000, 0),
            record.partition,
        )
