"""Which entity a record is about."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from stream.codec.paths import Getter, compile_path
from stream.records import Record

SINGLE_ENTITY = b"all"
"""The entity of records without any key."""

KeyOf = Callable[[Record, dict[str, Any]], bytes | None]

_encode = msgspec.json.Encoder().encode


def compile_key(paths: Sequence[str]) -> KeyOf:
    """A function from a record and its decoded value to the entity; None where a part is missing.

    No path: the record's key, or SINGLE_ENTITY when it is null or empty. One path: the text there,
    or the JSON text of a number or boolean. Several paths: the compact JSON array of the parts.
    An entity is never empty.
    """
    if not paths:
        return _record_key
    getters = [compile_path(path) for path in paths]
    return _single(getters[0]) if len(getters) == 1 else _composite(getters)


def entity_text(entity: bytes) -> str:
    """The entity as text; bytes that are not UTF-8 appear as `\\xNN`."""
    return entity.decode("utf-8", "backslashreplace")


def _record_key(record: Record, _document: dict[str, Any]) -> bytes | None:
    return record.key or SINGLE_ENTITY


def _single(get: Getter) -> KeyOf:
    def key_of(_record: Record, document: dict[str, Any]) -> bytes | None:
        part = get(document)
        if not _is_scalar(part) or part == "":
            return None
        try:
            return part.encode() if type(part) is str else _encode(part)
        except ValueError:
            return None

    return key_of


def _composite(getters: Sequence[Getter]) -> KeyOf:
    def key_of(_record: Record, document: dict[str, Any]) -> bytes | None:
        parts = [get(document) for get in getters]
        if not all(map(_is_scalar, parts)):
            return None
        try:
            return _encode(parts)
        except ValueError:
            return None

    return key_of


def _is_scalar(part: object) -> bool:
    kind = type(part)
    if kind is float:
        return abs(part) < float("inf")  # type: ignore[arg-type]  # its type was just compared
    return kind is str or kind is int or kind is bool
