"""The order in which exact search looks at items. Derived: an answer is the same, whatever the order is."""

from __future__ import annotations

import numpy as np

from models.recommend.kernels.bounds import bound_blocks, promise
from models.recommend.kernels.layout import BLOCK, Bounds, Factors, Trends

EVERY = 2_048
"""Interactions after which the order is made anew, at the earliest."""
SHARE = 8
"""And at least one for so many items: ordering takes time."""
COARSE = 128.0
"""Steps of promise that are told apart, per doubling of popularity."""


class Index:
    """Bounds over blocks of items; kernels keep them valid, and `refresh` keeps them tight."""

    def __init__(self, columns: int) -> None:
        self._columns = columns
        self._clock = 0
        self._extent = 0
        self._bounds = self._blank(0)

    def bounds(self, capacity: int) -> Bounds:
        """The bounds, with room for item rows below `capacity`."""
        held = len(self._bounds.order)
        if capacity > held:
            grown = self._blank(capacity)
            for new, old in zip(grown, self._bounds, strict=True):
                new[: len(old)] = old
            self._bounds = grown
        return self._bounds

    def refresh(self, t: Trends, f: Factors, extent: int, *, now: bool = False) -> None:
        """Order the items below `extent`, if it is time to."""
        clock = int(t.clock[0])
        patience = max(EVERY, extent // SHARE)
        grown = extent - self._extent >= patience
        if not now and clock - self._clock < patience and not grown:
            return
        bounds = self.bounds(len(t.at))
        keys = np.empty(extent)
        promise(t, f, np.empty((self._columns, 2)), keys)
        # Whole numbers of 16 bits are sorted by their digits, many times as fast as floats.
        coarse = np.clip(-COARSE * keys, -32_768, 32_767).astype(np.int16)
        bounds.order[:extent] = np.argsort(coarse, kind="stable")
        bounds.places[bounds.order[:extent]] = np.arange(extent)
        bound_blocks(t, f, bounds, extent)
        self._clock, self._extent = clock, extent

    def _blank(self, capacity: int) -> Bounds:
        blocks = -(-capacity // BLOCK)
        return Bounds(
            order=np.arange(capacity, dtype=np.int32),
            places=np.arange(capacity, dtype=np.int32),
            counts=np.zeros((blocks, self._columns), np.float32),
            norms=np.zeros(blocks, np.float32),
            biases=np.zeros(blocks, np.float32),
        )
