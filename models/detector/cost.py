"""What a key of a detector costs: its forest, and what the detector keeps beside it."""

from __future__ import annotations

import math
from typing import NamedTuple

from models.detector.bank import DetectorBank
from models.detector.kernels.calibrate import WINDOW
from models.detector.kernels.layout import FEATURE
from models.detector.kernels.normalise import SPLIT
from models.forest.cost import forest_cost, noise

_NAMES = 230
"""Bytes that Python takes for a key of a dozen letters: the key itself, its number, a place in a table of both."""
_BITS = 53 - round(math.log2(SPLIT))
"""Significant bits of a normalised value."""
_HEADER = 430
"""Bytes of a snapshot's header, which names and measures every array; less the names of the features."""


class KeyCost(NamedTuple):
    """Bytes of one key."""

    memory: int
    """At rest, without boxes."""
    boxes: int
    """Besides, while it is hot and keeps boxes."""
    snapshot: int
    """Of its saved state."""


def key_cost(bank: DetectorBank, records: int) -> KeyCost:
    """What a key costs that has so many records (0 or more), in a bank of its detector, whatever that holds.

    See models.forest.cost.forest_cost. Models of River beside the forest are not counted.
    """
    settle, features = bank.settling_records, len(bank.config.features)
    settled = records >= settle
    forest = forest_cost(bank.arena, records if settled else 0, settle, _BITS)
    uncounted = settle + max(bank.config.records_to_warm - settle, 0) // 4
    snapshot = (
        _HEADER
        + sum(len(name) + 3 for name in bank.config.features)
        + features * (FEATURE.itemsize if records else 2)
        + noise(min(max(records - uncounted, 0), WINDOW))
        + (0 if settled else noise(2 * records * features))
        + forest.saved
    )
    return KeyCost(bank.row_nbytes + _NAMES + forest.memory, forest.boxes, round(snapshot))
