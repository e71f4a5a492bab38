"""Input records to events. A total function: what cannot be used is a value, `Rejected`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal, NamedTuple

import msgspec

from stream.codec.formats.reading import Read
from stream.codec.formats.values import Instant
from stream.codec.json_text import Undecodable, decode_json, shown
from stream.codec.keys import compile_key
from stream.codec.paths import compile_path
from stream.codec.reasons import RejectReason
from stream.codec.timestamps import LAST, to_microseconds
from stream.records import Record

MissingPolicy = Literal["impute", "skip", "dead-letter"]

LARGEST = 1e150
"""Squares and sums of squares of features stay finite below this magnitude."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InputFormat:
    """Where an input record carries what a detector needs.

    features: name -> field path, in the order of the columns.
    key: field paths of the entity; empty means the record's key.
    timestamp: field path of the event time; None means the record's timestamp.
    missing: what happens to a record with an absent or null feature.
    """

    features: Mapping[str, str]
    key: tuple[str, ...] = ()
    timestamp: str | None = None
    missing: MissingPolicy = "impute"


class Event(msgspec.Struct, frozen=True, gc=False):
    """A usable record: whom it is about, when it happened, and its features."""

    entity: bytes
    time: int
    """Microseconds since the epoch."""
    values: list[float]
    """One per feature; NaN = missing."""
    incomplete: bool
    """Whether a value is missing."""


class Rejected(NamedTuple):
    """A record that cannot be used."""

    reason: RejectReason
    detail: str
    """One sentence with the field and what was found there."""
    entity: bytes | None = None
    """Whom it is about, where that was still found."""
    time: int | None = None
    """Its event time in microseconds since the epoch, where that was still found."""
    traceback: str | None = None
    """Of a record on which the detector failed: where."""


class InputDecoder:
    """Decodes the records of one detector's input. Raises ValueError for a path that is none.

    read: makes a document of a value; see stream.codec.formats.reading.
    """

    def __init__(self, form: InputFormat, read: Read = decode_json) -> None:
        self._read = read
        self._key_of = compile_key(form.key)
        self._key_text = ", ".join(repr(path) for path in form.key)
        self._timestamp = form.timestamp
        self._get_time = None if form.timestamp is None else compile_path(form.timestamp)
        self._features = [(name, compile_path(path)) for name, path in form.features.items()]
        self._refuses_missing = form.missing == "dead-letter"

    def decode(self, record: Record) -> Event | Rejected:
        """The record's event, or why there is none.

        Raises RegistryUnavailable while its schema cannot be had, and nothing else.
        """
        document = self._document(record)
        if isinstance(document, Rejected):
            return document
        entity = self._entity(record, document)
        if isinstance(entity, Rejected):
            return entity
        time = self._time_of(record, document)
        if isinstance(time, Rejected):
            return time._replace(entity=entity)
        return self._with_features(entity, time, document)

    def entity(self, record: Record) -> bytes | Rejected:
        """Whom the record is about, or why nobody can say; looks at nothing else.

        Raises RegistryUnavailable as `decode` does.
        """
        document = self._document(record)
        return document if isinstance(document, Rejected) else self._entity(record, document)

    def _document(self, record: Record) -> dict[str, Any] | Rejected:
        if record.value is None:
            return Rejected(RejectReason.NULL_VALUE, "The record has neither a value nor a key.")
        document = self._read(record.value)
        return document if type(document) is dict else _not_a_document(document)

    def _entity(self, record: Record, document: dict[str, Any]) -> bytes | Rejected:
        entity = self._key_of(record, document)
        if entity is None:
            detail = f"The key at {self._key_text} must be text, a number or a boolean."
            return Rejected(RejectReason.MISSING_KEY, detail)
        return entity

    def _time_of(self, record: Record, document: dict[str, Any]) -> int | Rejected:
        if self._get_time is None:
            if record.timestamp < 0:
                return Rejected(RejectReason.MISSING_TIMESTAMP, "The record has no timestamp.")
            value: object = record.timestamp
            micros = record.timestamp * 1_000 if record.timestamp <= LAST // 1_000 else None
        else:
            value = self._get_time(document)
            if value is None:
                detail = f"The timestamp at {self._timestamp!r} is absent or null."
                return Rejected(RejectReason.MISSING_TIMESTAMP, detail)
            micros = to_microseconds(value)
        if micros is None:
            return Rejected(
                RejectReason.BAD_TIMESTAMP,
                f"The timestamp must be RFC 3339 or an epoch number, got {shown(value)}.",
            )
        return micros

    def _with_features(
        self, entity: bytes, time: int, document: dict[str, Any]
    ) -> Event | Rejected:
        values: list[float] = []
        incomplete = False
        for name, get in self._features:
            value = get(document)
            kind = type(value)
            if kind is Decimal:
                value, kind = float(value), float
            if kind is float and -LARGEST <= value <= LARGEST:
                values.append(value)
            elif kind is int and -LARGEST <= value <= LARGEST:
                values.append(float(value))
            elif value is None or (kind is float and math.isnan(value)):
                if self._refuses_missing:
                    detail = f"The feature {name!r} is absent or null."
                    return Rejected(RejectReason.MISSING_FEATURE, detail, entity, time)
                values.append(math.nan)
                incomplete = True
            else:
                return _bad_number(name, value)._replace(entity=entity, time=time)
        return Event(entity, time, values, incomplete)


def _not_a_document(document: object) -> Rejected:
    if isinstance(document, Undecodable):
        return Rejected(document.reason, document.detail)
    detail = f"The value must be an object, got {shown(document)}."
    return Rejected(RejectReason.NOT_AN_OBJECT, detail)


def _bad_number(name: str, value: object) -> Rejected:
    if isinstance(value, bool | Instant) or not isinstance(value, int | float):
        detail = f"The feature {name!r} must be a number, got {shown(value)}."
        return Rejected(RejectReason.NOT_A_NUMBER, detail)
    if isinstance(value, float) and math.isinf(value):
        return Rejected(RejectReason.INFINITE, f"The feature {name!r} is infinite.")
    detail = f"The feature {name!r} must be within -1e150 and 1e150, got {shown(value)}."
    return Rejected(RejectReason.TOO_LARGE, detail)
