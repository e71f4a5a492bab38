"""Key and timestamp of a replayed record, from the event's fields, as the detectors read them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from stream.codec.json_text import decode_json
from stream.codec.keys import compile_key
from stream.codec.paths import compile_path
from stream.codec.timestamps import to_microseconds
from stream.records import Record
from stream.replay.errors import ReplayError
from stream.replay.replay import Stamp


def compile_stamp(key: Sequence[str], timestamp: str | None) -> Callable[[bytes], Stamp]:
    """A function from an event (JSON) to its record's key and timestamp.

    key: field paths; a record without them has no key. None at all: no record has one.
    timestamp: field path of an RFC 3339 text or epoch number; where it is neither, the log stamps
    the record.

    Raises ReplayError for a path that is none.
    """
    try:
        key_of = compile_key(key) if key else _no_key
        time_at = compile_path(timestamp) if timestamp else _no_time
    except ValueError as error:
        raise ReplayError(f"A key or timestamp field must be {error}.") from error

    def stamp(value: bytes) -> Stamp:
        document = decode_json(value)
        if not isinstance(document, dict):
            return None, None
        micros = to_microseconds(time_at(document))
        key = key_of(_NOWHERE, document)
        # A log's clock starts at the epoch; an earlier event keeps its time in its own field.
        return key, None if micros is None or micros < 0 else micros // 1_000

    return stamp


_NOWHERE = Record("", 0, 0, 0, None, None, ())


def _no_key(_record: Record, _document: dict[str, Any]) -> None:
    return None


def _no_time(_document: dict[str, Any]) -> None:
    return None
