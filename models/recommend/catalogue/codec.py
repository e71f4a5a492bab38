"""An item's data as text, as it stands in a saved state."""

from __future__ import annotations

import msgspec

from models.errors import CorruptState
from models.recommend.records import ItemData

_Stored = tuple[tuple[str, ...], tuple[str, ...], dict[str, float], str, bool, tuple[float, ...]]
NOTHING = ItemData()

_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(_Stored)


def encode(data: ItemData) -> str | None:
    """The data as text; None for an item of which nothing is known."""
    if data == NOTHING:
        return None
    return _ENCODER.encode(tuple(data._replace(numbers=dict(data.numbers)))).decode()


def decode(stored: str | None) -> ItemData:
    """The data from text. Raises CorruptState."""
    if stored is None:
        return NOTHING
    try:
        return ItemData(*_DECODER.decode(stored))
    except msgspec.MsgspecError as error:
        raise CorruptState(f"The data of an item must be its six parts, got {error}.") from error
