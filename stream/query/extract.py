"""What the index needs to know of a score record; the record itself is kept as it is."""

from __future__ import annotations

import msgspec

from models.detector.decisions import STATUS_NAMES
from stream.codec.timestamps import to_microseconds
from stream.records import Record

STATUS_CODES = {name: code for code, name in enumerate(STATUS_NAMES)}


class _Decision(msgspec.Struct):
    """The fields of a score record that are looked for."""

    entity: str
    status: str
    time: str = ""
    grade: float = 0.0


class Scored(msgspec.Struct, frozen=True):
    """One score record, as far as the index looks into it."""

    entity: str
    time: int
    """Event time, microseconds since the epoch."""
    status: int
    """Index into models.detector.decisions.STATUS_NAMES."""
    grade: float
    body: bytes
    """The whole record, valid UTF-8 JSON."""


_decoder = msgspec.json.Decoder(_Decision)


def extract(record: Record) -> Scored | None:
    """What a record of a detector's output topic says, or None where it is no score record."""
    if record.value is None:
        return None
    try:
        record.value.decode()  # the decoder passes over strings that it does not need
        found = _decoder.decode(record.value)
        status = STATUS_CODES[found.status]
    except (UnicodeDecodeError, msgspec.DecodeError, RecursionError, KeyError):
        return None
    time = to_microseconds(found.time)
    if time is None:
        time = record.timestamp * 1000
    return Scored(found.entity, time, status, found.grade, record.value)
