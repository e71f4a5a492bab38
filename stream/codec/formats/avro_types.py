"""Logical types of Avro, read so that no payload can make it fail or take long.

fastavro's own readers fail on moments outside of the calendar, and take minutes for a decimal of a
megabyte. Ours stand beside them, under names of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from fastavro.read import LOGICAL_READERS

from stream.codec.formats.values import Instant, decimal_of

_PREFIX = "cutstream-"


def translated(definition: Any) -> Any:  # noqa: ANN401 - any JSON
    """A schema, as JSON has it, with our names for the logical types that we read."""
    if isinstance(definition, list):
        return [translated(part) for part in definition]
    if not isinstance(definition, dict):
        return definition
    made = {name: translated(part) for name, part in definition.items()}
    reader = f"{made.get('type')}-{_PREFIX}{made.get('logicalType')}"
    if reader in _READERS:
        made["logicalType"] = f"{_PREFIX}{made['logicalType']}"
    return made


def _decimal(data: bytes, schema: Mapping[str, Any], _reader_schema: object = None) -> object:
    return decimal_of(data, schema.get("scale", 0))


def _millis(data: int, _schema: object = None, _reader_schema: object = None) -> Instant:
    return Instant(data * 1_000)


def _micros(data: int, _schema: object = None, _reader_schema: object = None) -> Instant:
    return Instant(data)


def _nanos(data: int, _schema: object = None, _reader_schema: object = None) -> Instant:
    return Instant(data // 1_000)


_UNITS: dict[str, Callable[..., Instant]] = {"millis": _millis, "micros": _micros, "nanos": _nanos}
_READERS: dict[str, Callable[..., object]] = {
    **{f"{base}-{_PREFIX}decimal": _decimal for base in ("bytes", "fixed")},
    **{
        f"long-{_PREFIX}{zone}timestamp-{unit}": reader
        for zone in ("", "local-")
        for unit, reader in _UNITS.items()
    },
}
LOGICAL_READERS.update(_READERS)
