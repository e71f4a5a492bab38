"""Input records to events. A total function: what cannot be used is a value, `Rejected`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

import msgspec

from stream.codec.envelope import EnvelopeReader, Rejected
from stream.codec.formats.reading import Read
from stream.codec.formats.values import Instant
from stream.codec.json_text import decode_json, shown
from stream.codec.paths import compile_path
from stream.codec.reasons import RejectReason
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


class InputDecoder:
    """Decodes the records of one detector's input. Raises ValueError for a path that is none.

    read: makes a document of a value; see stream.codec.formats.reading.
    """

    def __init__(self, form: InputFormat, read: Read = decode_json) -> None:
        self._envelopes = EnvelopeReader(form.key, form.timestamp, read)
        self._features = [(name, compile_path(path)) for name, path in form.features.items()]
        self._refuses_missing = form.missing == "dead-letter"

    def decode(self, record: Record) -> Event | Rejected:
        """The record's event, or why there is none.

        Raises RegistryUnavailable while its schema cannot be had, and nothing else.
        """
        envelope = self._envelopes.open(record)
        return envelope if isinstance(envelope, Rejected) else self._with_features(*envelope)

    def entity(self, record: Record) -> bytes | Rejected:
        """Whom the record is about, or why nobody can say; looks at nothing else.

        Raises RegistryUnavailable as `decode` does.
        """
        return self._envelopes.entity(record)

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


def _bad_number(name: str, value: object) -> Rejected:
    if isinstance(value, bool | Instant) or not isinstance(value, int | float):
        detail = f"The feature {name!r} must be a number, got {shown(value)}."
        return Rejected(RejectReason.NOT_A_NUMBER, detail)
    if isinstance(value, float) and math.isinf(value):
        return Rejected(RejectReason.INFINITE, f"The feature {name!r} is infinite.")
    detail = f"The feature {name!r} must be within -1e150 and 1e150, got {shown(value)}."
    return Rejected(RejectReason.TOO_LARGE, detail)
