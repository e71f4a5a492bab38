"""What the index needs to know of a score record; the record itself is kept as JSON."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from models.detector.decisions import STATUS_NAMES
from stream.codec.json_text import Undecodable
from stream.codec.timestamps import to_microseconds
from stream.records import Record

AsJson = Callable[[bytes], bytes | Undecodable]
"""From the value of a score record to its JSON; see stream.codec.formats.rereading."""

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
    """The whole record in JSON, valid UTF-8."""


_decoder = msgspec.json.Decoder(_Decision)


def untouched(value: bytes) -> bytes:
    """JSON as it is."""
    return value


def extract(record: Record, as_json: AsJson = untouched) -> Scored | None:
    """What a record of a detector's output topic says, or None where it is no score record.

    Raises RegistryUnavailable where `as_json` does.
    """
    body = None if record.value is None else as_json(record.value)
    if body is None or isinstance(body, Undecodable):
        return None
    try:
        body.decode()  # the decoder passes over strings that it does not need
        found = _decoder.decode(body)
        status = STATUS_CODES[found.status]
    except (UnicodeDecodeError, msgspec.DecodeError, RecursionError, KeyError):
        return None
    time = to_microseconds(found.time)
    if time is None:
        time = record.timestamp * 1000
    return Scored(found.entity, time, status, found.grade, body)
