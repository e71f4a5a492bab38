"""What the records of a predictor's log tell it: events, their labels, and promotions."""

from __future__ import annotations

from typing import Any, NamedTuple

from stream.codec.envelope import Envelope, EnvelopeReader, Rejected
from stream.codec.keys import scalar_text
from stream.codec.paths import Getter, compile_path
from stream.codec.prediction.features import FeatureReader, Features
from stream.codec.prediction.labels import Label, LabelReader
from stream.codec.reasons import RejectReason
from stream.records import Record


class Told(NamedTuple):
    """An event, its label, or both."""

    entity: bytes
    time: int
    """Microseconds since the epoch."""
    id: str
    """Of the event."""
    features: Features | None
    """None where only the label is told."""
    label: Label | float | None
    """None where it is not known yet."""


class ToldDecoder:
    """Decodes the records of one topic of a predictor. Raises ValueError for a path that is none.

    id: field path of the event's id; None: an event is called after its place. label: field path of
    the label; None: there are none. features: None where the topic has labels alone.
    """

    def __init__(
        self,
        envelopes: EnvelopeReader,
        *,
        id: str | None,
        label: str | None,
        read_label: LabelReader,
        features: FeatureReader | None,
    ) -> None:
        self._envelopes = envelopes
        self._id = id
        self._get_id = None if id is None else compile_path(id)
        self._label = label
        self._get_label: Getter = (lambda _: None) if label is None else compile_path(label)
        self._read_label = read_label
        self._features = features
        self.entity = envelopes.entity

    def decode(self, record: Record, *, only_label: bool = False) -> Told | Rejected:
        """What the record tells, or why it cannot be used.

        only_label: whether it is known to be no event.

        Raises RegistryUnavailable while its schema cannot be had, and nothing else.
        """
        envelope = self._envelopes.open(record)
        if isinstance(envelope, Rejected):
            return envelope
        told = self._told(record, envelope, self._features if not only_label else None)
        if isinstance(told, Rejected):
            return told._replace(entity=envelope.entity, time=envelope.time)
        return told

    def _told(
        self, record: Record, envelope: Envelope, reader: FeatureReader | None
    ) -> Told | Rejected:
        entity, time, document = envelope
        event = self._event(record, document, reader is not None)
        if isinstance(event, Rejected):
            return event
        label = self._label_in(document)
        if isinstance(label, Rejected):
            return label
        features = self._features_in(document, reader)
        if label is not None:
            # What is no sound event may still be a label.
            sound = None if isinstance(features, Rejected) else features
            return Told(entity, time, event, sound or None, label)
        if isinstance(features, Rejected):
            return features
        return Told(entity, time, event, features, None)

    def _features_in(
        self, document: dict[str, Any], reader: FeatureReader | None
    ) -> Features | Rejected:
        if reader is None:
            detail = f"The label at {self._label!r} is absent or null."
            return Rejected(RejectReason.BAD_LABEL, detail)
        features = reader.read(document)
        if not features:
            return Rejected(RejectReason.MISSING_FEATURE, "The event has no feature at all.")
        return features

    def _event(self, record: Record, document: dict[str, Any], may_be_new: bool) -> str | Rejected:
        if self._get_id is None:
            if may_be_new:
                return f"{record.topic}-{record.partition}-{record.offset}"
            return Rejected(
                RejectReason.MISSING_ID,
                "A label must name its event, and no field path of an id is set.",
            )
        text = scalar_text(self._get_id(document))
        if text:
            return text
        detail = f"The id at {self._id!r} must be text, a number or a boolean."
        return Rejected(RejectReason.MISSING_ID, detail)

    def _label_in(self, document: dict[str, Any]) -> Label | float | Rejected | None:
        raw = self._get_label(document)
        return None if raw is None else self._read_label(raw)
