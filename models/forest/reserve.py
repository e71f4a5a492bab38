"""Arrays that grow without being copied: address space is taken in advance, memory only where it is written."""

from __future__ import annotations

import os
import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray

SPARSE = sys.platform in ("linux", "darwin")
"""Whether pages of a fresh array take memory only once they are written."""

SMALL = 1 << 16
"""Bytes up to which arrays are copied as they grow: small ones are many, and cheap."""

GROWTH = 1.5


def fitted(array: NDArray[Any], length: int) -> NDArray[Any]:
    """The array, or a longer one with the same rows where it has fewer than `length`; new rows are zero.

    Beyond SMALL, room for as much as the machine could hold is reserved at once, so that growing copies nothing: a
    pause of the length of a copy would be felt by every key.
    """
    if len(array) >= length:
        return array
    row = array.itemsize * int(np.prod(array.shape[1:], dtype=np.int64))
    wanted = max(length, int(len(array) * GROWTH))
    grown = _reserved(array, wanted, row) if SPARSE and wanted * row > SMALL else None
    if grown is None:
        grown = np.zeros((wanted, *array.shape[1:]), array.dtype)
    grown[: len(array)] = array
    return grown


def _reserved(array: NDArray[Any], wanted: int, row: int) -> NDArray[Any] | None:
    """Zeros for as many rows as memory could hold, or as the machine grants; None where that is no more than wanted."""
    rows = _memory() // row if row else 0
    while rows > 2 * wanted:
        try:
            return np.zeros((rows, *array.shape[1:]), array.dtype)
        except MemoryError:
            rows //= 4
    return None


def _memory() -> int:
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
