"""Which entity a record is about."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import msgspec

from stream.codec.formats.values import Instant, text_of
from stream.codec.paths import Getter, compile_path
from stream.codec.timestamps import to_microseconds, to_rfc3339
from stream.records import Record

SINGLE_ENTITY = b"all"
"""The entity of records without any key."""

KeyOf = Callable[[Record, dict[str, Any]], bytes | None]

_OF_JSON = (str, int, float, bool, type(None), dict, list)

_encode = msgspec.json.Encoder().encode


def compile_key(paths: Sequence[str]) -> KeyOf:
    """A function from a record and its decoded value to the entity; None where a part is missing.

    No path: the record's key, or SINGLE_ENTITY when it is null or empty. One path: the text there,
    or the JSON text of a number or boolean. Several paths: the compact JSON array of the parts.
    What JSON lacks counts as text: a moment in RFC 3339, a decimal number in its shortest form.
    An entity is never empty.
    """
    if not paths:
        return _record_key
    getters = [compile_path(path) for path in paths]
    return _single(getters[0]) if len(getters) == 1 else _composite(getters)


def entity_text(entity: bytes) -> str:
    """The entity as text; bytes that are not UTF-8 appear as `\\xNN`."""
    return entity.decode("utf-8", "backslashreplace")


def scalar_text(value: object) -> str | None:
    """The text that stands for a scalar of a document, as in a key; None for what is none."""
    part = _plain(value)
    if not _is_scalar(part):
        return None
    try:
        return (part.encode() if type(part) is str else _encode(part)).decode()
    except ValueError:
        return None


def _record_key(record: Record, _document: dict[str, Any]) -> bytes | None:
    return record.key or SINGLE_ENTITY


def _single(get: Getter) -> KeyOf:
    def key_of(_record: Record, document: dict[str, Any]) -> bytes | None:
        text = scalar_text(get(document))
        return text.encode() if text else None

    return key_of


def _composite(getters: Sequence[Getter]) -> KeyOf:
    def key_of(_record: Record, document: dict[str, Any]) -> bytes | None:
        parts = [_plain(get(document)) for get in getters]
        if not all(map(_is_scalar, parts)):
            return None
        try:
            return _encode(parts)
        except ValueError:
            return None

    return key_of


def _plain(part: Any) -> Any:  # noqa: ANN401 - any value of a document
    """The part as JSON has it."""
    if type(part) in _OF_JSON:
        return part
    micros = to_microseconds(part) if isinstance(part, datetime | Instant) else None
    return text_of(part) if micros is None else to_rfc3339(micros)


def _is_scalar(part: object) -> bool:
    kind = type(part)
    if kind is float:
        return abs(part) < float("inf")  # type: ignore[arg-type]  # its type was just compared
    return kind is str or kind is int or kind is bool
