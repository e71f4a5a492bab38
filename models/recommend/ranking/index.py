"""The order in which exact search looks at items. Derived: an answer is the same, whatever the order is."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.compiled import Floats, Ints
from models.recommend.kernels.bounds import bound_blocks, promise
from models.recommend.kernels.layout import BLOCK, CLUSTERS, OPEN, PAD, Bounds, Factors, Trends
from models.recommend.ranking.clusters import ROUNDING, Clusters
from models.recommend.ranking.sketches import drop_sketch, move_sketches

EVERY = 2_048
"""Interactions after which the order is made anew, at the earliest."""
SHARE = 8
"""And at least one for so many items: ordering takes time."""
COARSE = 128.0
"""Steps of promise that are told apart, per doubling of popularity."""
MANY = 4_096
"""Items that may change before what passes a filter is looked up anew."""
HEAD = 1_024
"""The most promising items stand in their order, whatever their content."""
FEWEST = 2_048
"""Items behind the head from which on they are put into blocks by content too."""


class Index:
    """Bounds over blocks of items; kernels keep them valid, and `refresh` keeps them tight."""

    def __init__(self, columns: int, width: int) -> None:
        self._columns, self._width = columns, width
        self.version = 0
        """Which places hold items that pass a filter is known for one version, but for `Bounds.unsettled`."""
        self._unsettled = 0
        self._clock = 0
        self._extent = 0
        self._clusters = Clusters(width)
        self._bounds = self._blank(0)

    def bounds(self, capacity: int) -> Bounds:
        """The bounds, with room for item rows below `capacity`."""
        if capacity > len(self._bounds.places):
            grown = self._blank(capacity)
            both: tuple[tuple[NDArray[Any], ...], ...] = (grown, self._bounds)
            for new, old in zip(*both, strict=True):
                new[: len(old)] = old
            self._bounds = grown
            self._settle()
        return self._bounds

    def loosen(self, row: int) -> None:
        """The content of an item has changed."""
        self._clusters.open(row)
        if row < len(self._bounds.places):
            place = int(self._bounds.places[row])
            self._bounds.clusters[place // BLOCK] = OPEN
            drop_sketch(self._bounds, place)

    def unsettle(self, row: int) -> None:
        """The item of a row is another, or is described otherwise: it may pass filters that it did not pass before."""
        if row < len(self._bounds.places):
            block, at = divmod(int(self._bounds.places[row]), BLOCK)
            self._bounds.unsettled[block] |= np.uint64(1 << at)
            self._unsettled += 1
        if self._unsettled > MANY:
            self._settle()

    def refresh(
        self, t: Trends, f: Factors, vectors: Floats, extent: int, *, now: bool = False
    ) -> None:
        """Order the items below `extent`, if it is time to."""
        clock, extent = int(t.clock[0]), max(extent, self._extent)
        patience = max(EVERY, extent // SHARE)
        grown = extent - self._extent >= patience
        if not now and clock - self._clock < patience and not grown:
            return
        keys = np.empty(extent)
        promise(t, f, np.empty((self._columns, 2)), keys)
        # Whole numbers of 16 bits are sorted by their digits, many times as fast as floats.
        coarse = np.clip(-COARSE * keys, -32_768, 32_767).astype(np.int16)
        order = np.argsort(coarse, kind="stable")
        self._clusters.fit(vectors, extent)
        self._bounds = self.bounds(len(t.at))._replace(
            centres=self._clusters.centres, radii=self._clusters.radii
        )
        before = self._bounds.places[:extent].copy()
        self._place(order, coarse)
        move_sketches(self._bounds, before, vectors)
        bound_blocks(t, f, self._bounds, extent + PAD)
        self._clock, self._extent = clock, extent
        self._settle()

    def _place(self, order: Ints, coarse: NDArray[np.int16]) -> None:
        """Put the items, the most promising first, into blocks."""
        bounds, extent = self._bounds, len(order)
        head = HEAD if extent >= HEAD + FEWEST else extent
        blocks = -(-head // BLOCK)
        places = np.empty(extent, np.int64)
        places[:head] = np.arange(head)
        bounds.clusters[:] = OPEN
        if head < extent:
            labels = self._clusters.labels[order[head:]]
            grouped = np.argsort(labels, kind="stable")
            groups = labels[grouped]
            counts = np.bincount(groups, minlength=CLUSTERS)
            lengths = -(-counts // BLOCK)
            within = np.arange(len(groups)) - np.repeat(np.cumsum(counts) - counts, counts)
            block = (np.cumsum(lengths) - lengths)[groups] + within // BLOCK
            # Blocks by their most promising items: what is found in the first ones spares the others.
            first = np.flatnonzero(within % BLOCK == 0)
            by_promise = np.argsort(coarse[order[head:][grouped[first]]], kind="stable")
            moved = np.empty(len(first), np.int64)
            moved[by_promise] = np.arange(len(first))
            places[head:][grouped] = head + moved[block] * BLOCK + within % BLOCK
            bounds.clusters[blocks + moved] = groups[first]
        bounds.order[: extent + PAD] = -1
        bounds.order[places] = order
        bounds.places[order] = places

    def _blank(self, capacity: int) -> Bounds:
        blocks = -(-(capacity + PAD) // BLOCK)
        order = np.arange(-PAD, capacity, dtype=np.int32)
        return Bounds(
            order=np.maximum(order, np.int32(-1)),
            places=np.arange(PAD, capacity + PAD, dtype=np.int32),
            counts=np.zeros((blocks, self._columns), np.float32),
            norms=np.zeros(blocks, np.float32),
            biases=np.zeros(blocks, np.float32),
            clusters=np.full(blocks, OPEN, np.uint8),
            centres=self._clusters.centres,
            radii=self._clusters.radii,
            own=np.zeros((capacity + PAD, self._columns), np.float32),
            sketches=np.zeros((capacity + PAD, self._width), np.int8),
            steps=np.zeros(capacity + PAD, np.float32),
            errors=np.full(capacity + PAD, 1.0 + ROUNDING, np.float32),
            unsettled=np.zeros(blocks, np.uint64),
        )

    def _settle(self) -> None:
        """What passes a filter is to be looked up anew, for all items."""
        self._bounds.unsettled[:] = 0
        self._unsettled = 0
        self.version += 1
