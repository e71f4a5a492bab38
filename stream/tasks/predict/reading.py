"""What the records of a predictor's log are: one reader for each kind."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from stream.codec.envelope import Rejected
from stream.codec.kinds import Kind, kind_of
from stream.codec.origin import original
from stream.codec.prediction.control import read_control
from stream.codec.prediction.decoder import Told, ToldDecoder
from stream.codec.reasons import RejectReason
from stream.records import Record


class Forgotten(NamedTuple):
    """That an entity is to be forgotten."""

    entity: bytes


class Promoted(NamedTuple):
    """That another model becomes champion."""

    model: str
    time: int
    """When that was asked for, in microseconds since the epoch."""


class Foreign(NamedTuple):
    """A control record for another predictor of the same log."""

    predictor: str


class Entry(NamedTuple):
    """A record of the log."""

    record: Record
    """As it stands there."""
    source: Record
    """As its producer wrote it."""
    said: Told | Promoted | Forgotten | Foreign | Rejected


class LogReader:
    """Reads the log of one predictor.

    events, labels: of the input, and of the topic of labels if there is one. models: the names of
    those that may be promoted. sequenced: whether the log is an internal topic, to which control
    records and copies of others are written, or the input itself.
    """

    def __init__(
        self,
        predictor: str,
        events: ToldDecoder,
        labels: ToldDecoder | None,
        models: Collection[str],
        *,
        sequenced: bool,
    ) -> None:
        self._predictor = predictor
        self._events = events
        self._labels = labels
        self._models = models
        self._sequenced = sequenced

    def read(self, record: Record) -> Entry:
        """What a record is. Raises RegistryUnavailable while a schema cannot be had."""
        source = self.source(record)
        return Entry(record, source, self._said(record, source))

    def source(self, record: Record) -> Record:
        """The record as its producer wrote it."""
        return original(record) if self._sequenced else record

    def _said(
        self, record: Record, source: Record
    ) -> Told | Promoted | Forgotten | Foreign | Rejected:
        kind = kind_of(record) or Kind.EVENT
        if kind == Kind.CONTROL:
            return self._control(record)
        if kind == Kind.LABEL:
            return self._label(source)
        if kind != Kind.EVENT:
            detail = f"The header 'cutstream-kind' must be event, label or control, got {kind!r}."
            return Rejected(RejectReason.WRONG_KIND, detail)
        if record.value is None and record.key:
            return Forgotten(record.key)
        return self._events.decode(source, only_label=kind_of(source) == Kind.LABEL)

    def _label(self, source: Record) -> Told | Rejected:
        if self._labels is None or not self._sequenced:
            return self._events.decode(source, only_label=True)
        return self._labels.decode(source)

    def _control(self, record: Record) -> Promoted | Foreign | Rejected:
        control = read_control(record)
        if isinstance(control, Rejected):
            return control
        promotion, time = control
        if promotion.predictor != self._predictor:
            return Foreign(promotion.predictor)
        if promotion.promote not in self._models:
            known = ", ".join(self._models)
            detail = f"The model to promote must be one of {known}, got {promotion.promote!r}."
            return Rejected(RejectReason.BAD_CONTROL, detail, None, time)
        return Promoted(promotion.promote, time)
