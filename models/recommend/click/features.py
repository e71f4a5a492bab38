"""Features of an example, hashed to slots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite
from zlib import crc32

import numpy as np

from models.compiled import Floats, Ints
from models.errors import InvalidParameter

Features = Mapping[str, str | int | float | bool]
"""Text, whole numbers and flags are categories, each value a feature of its own; other numbers are amounts, and best
of a size around 1."""
LARGEST = 100.0
"""Amounts beyond +-100 count as such, because a gradient grows with their square."""


def slot_of(name: str, n_slots: int) -> int:
    """The slot of a feature; `n_slots` is a power of two."""
    # Spread by the golden ratio (Knuth, volume 3, section 6.4), because the lowest bits of a checksum are a linear map.
    return (crc32(name.encode()) * 0x9E3779B97F4A7C15 >> 40) % n_slots


def encoded(examples: Sequence[Features], n_slots: int) -> tuple[Ints, Floats]:
    """Slots and values, both (examples, most features of any); slot -1 is no feature.

    Raises InvalidParameter for an amount that is not finite.
    """
    width = max((len(x) for x in examples), default=0)
    slots = np.full((len(examples), width), -1, np.int64)
    values = np.zeros((len(examples), width), np.float32)
    for row, x in enumerate(examples):
        for place, (name, value) in enumerate(x.items()):
            if isinstance(value, float):
                if not isfinite(value):
                    raise InvalidParameter(name, "an example", "finite", value)
                slots[row, place] = slot_of(name, n_slots)
                values[row, place] = min(max(value, -LARGEST), LARGEST)
            else:
                slots[row, place] = slot_of(f"{name}={value}", n_slots)
                values[row, place] = 1.0
    return slots, values
