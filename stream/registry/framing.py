"""The framing of record values: a zero byte, the id of the schema, and what the format puts next."""

from __future__ import annotations

from typing import NamedTuple

MAGIC = 0
FRAME = 5
"""Bytes of a frame: the zero byte and the id."""
_FIRST_MESSAGE = (0,)
_MOST_INDEXES = 100


class Framed(NamedTuple):
    """A record value taken apart."""

    schema_id: int
    payload: bytes


class BadFraming(ValueError):
    """A record value that is not framed; the message is one sentence."""


def unframe(value: bytes) -> Framed:
    """Take the frame off. Raises BadFraming."""
    if len(value) < FRAME:
        raise BadFraming(f"The value must have at least {FRAME} bytes, got {len(value)}.")
    if value[0] != MAGIC:
        raise BadFraming(f"The value must begin with the byte {MAGIC}, got {value[0]}.")
    return Framed(int.from_bytes(value[1:FRAME], "big"), value[FRAME:])


def frame(schema_id: int) -> bytes:
    """What stands before a payload of that schema, 0 <= schema_id < 2**32."""
    return bytes([MAGIC]) + schema_id.to_bytes(4, "big")


def take_indexes(payload: bytes) -> tuple[tuple[int, ...], int]:
    """The place of a Protobuf message in its file, and where the message begins in the payload.

    (0,) is the first message of the file, (1, 2) the third one inside of the second. Raises
    BadFraming.
    """
    if payload[:1] == b"\0":
        return _FIRST_MESSAGE, 1
    count, position = _varint(payload, 0)
    if not 0 < count <= _MOST_INDEXES:
        raise BadFraming(f"The message index must have 1 to {_MOST_INDEXES} parts, got {count}.")
    indexes = []
    for _ in range(count):
        index, position = _varint(payload, position)
        indexes.append(index)
    return tuple(indexes), position


def _varint(data: bytes, position: int) -> tuple[int, int]:
    """A zigzag number and the position behind it."""
    number = shift = 0
    while position < len(data) and shift < 64:
        byte = data[position]
        position += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return (number >> 1) ^ -(number & 1), position
        shift += 7
    raise BadFraming("The message index must be complete, got the end of the value.")
