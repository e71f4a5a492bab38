"""An item's data as bytes, as they stand in a saved state."""

from __future__ import annotations

import msgspec

from models.errors import CorruptState
from models.recommend.records import ItemData

_Stored = tuple[tuple[str, ...], tuple[str, ...], dict[str, float], str, bool, tuple[float, ...]]
_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(_Stored)


def encode(data: ItemData) -> bytes:
    """The data as bytes; empty for an item of which nothing is known."""
    if data == ItemData():
        return b""
    return _ENCODER.encode(tuple(data._replace(numbers=dict(data.numbers))))


def decode(stored: bytes) -> ItemData:
    """The data from bytes. Raises CorruptState."""
    if not stored:
        return ItemData()
    try:
        return ItemData(*_DECODER.decode(stored))
    except msgspec.MsgspecError as error:
        raise CorruptState(f"The data of an item must be its six parts, got {error}.") from error
