"""How priorities fade with time: a slot's marks, a piecewise linear function of a point's number.

A mark (number, faded, decay) says that from that point on, point n has faded + decay * (n - number), in units of
2**-32. An ordinary slot has one mark; a changed decay, a pause, or a weighted point adds more.
"""

from __future__ import annotations

import numpy as np

from models.compiled import inlined, kernel
from models.forest.kernels.layout import Forests

NUMBER, FADED, DECAY = range(3)
"""Columns of `Forests.marks`."""


@inlined
def faded_at(f: Forests, slot: int, number: int) -> np.int64:
    """How much the point of this number has faded: the logarithm of its weight, in units of 2**-32."""
    row = f.slots[slot]
    low, high = row["mark_start"], row["mark_start"] + row["marks"]
    while high - low > 1:
        middle = (low + high) >> 1
        if f.marks[middle, NUMBER] <= number:
            low = middle
        else:
            high = middle
    steps = np.uint64(number - f.marks[low, NUMBER])
    # Unsigned, because it may wrap around.
    return np.int64(np.uint64(f.marks[low, FADED]) + np.uint64(f.marks[low, DECAY]) * steps)


@kernel
def add_mark(f: Forests, slot: int, number: int, faded: int, decay: int) -> None:
    """Let points from this number on fade anew; marks must come in order. The region must have room for one more."""
    row = f.slots[slot]
    last = row["mark_start"] + row["marks"] - 1
    if row["marks"] == 0 or f.marks[last, NUMBER] < number:
        last += 1
        row["marks"] += 1
    f.marks[last, NUMBER], f.marks[last, FADED], f.marks[last, DECAY] = number, faded, decay


@kernel
def drop_marks(f: Forests, slot: int, oldest: int) -> None:
    """Forget the marks that only concern points before this number."""
    row = f.slots[slot]
    start, dropped = row["mark_start"], 0
    while dropped + 1 < row["marks"] and f.marks[start + dropped + 1, NUMBER] <= oldest:
        dropped += 1
    if dropped:
        for i in range(row["marks"] - dropped):
            for j in range(3):
                f.marks[start + i, j] = f.marks[start + dropped + i, j]
        row["marks"] -= dropped


@kernel
def faded_at_number(f: Forests, slot: int, number: int) -> np.int64:
    """faded_at, for callers that are not compiled."""
    return faded_at(f, slot, number)
