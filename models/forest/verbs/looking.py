"""What the sample holds: near neighbours, density, dense regions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from models.compiled import Doubles
from models.errors import InvalidParameter
from models.forest.dense import dense_regions, density
from models.forest.nearest import nearest
from models.forest.sample import sampled
from models.forest.verbs.scoring import Scoring


class Neighbour(NamedTuple):
    """A sampled point near another."""

    distance: float
    """Sum of the absolute differences."""
    number: int
    """Number of its first record, from 0 on."""
    age: int
    """How many records ago it was the newest point; 1 is the last learned one."""
    records: list[dict[Any, float]]
    """Its records, the oldest first."""


class Hotspot(NamedTuple):
    """A region where sampled records are dense."""

    lower: dict[Any, float]
    upper: dict[Any, float]
    points: int
    """Distinct sampled records in it."""
    share: float
    """Share of the sample, 0 to 1, where recent records count more, as they do in the forest."""
    density: float
    """Share per volume, where one spread of each feature is the unit of length."""


class Looking(Scoring):
    """Verbs that change nothing."""

    def neighbours_one(self, x: Mapping[Any, float | None], k: int = 5) -> list[Neighbour]:
        """Up to k sampled points nearest to `x` and the records before it, the nearest first, newer ones before older.

        None while there is no full shingle. Raises InvalidParameter.
        """
        if k < 1:
            raise InvalidParameter("k", "the neighbours", "at least 1", k)
        rows = self._next_rows(self._names(x), self._row(x))
        if not self._arena or not self._ready():
            return []
        point = self._points(rows).reshape(self.shingle_size, -1)
        found = nearest(self._arena, 0, point, k)
        ages, newest = found.age.tolist(), self.n_points
        return [
            Neighbour(distance, newest - age, age, [self._record(row) for row in records])
            for distance, age, records in zip(
                found.distance.tolist(), ages, found.points, strict=True
            )
        ]

    @property
    def n_points(self) -> int:
        """Points seen so far."""
        seen = int(self._arena.forests.slots[0]["seen"]) if self._arena else 0
        return max(seen - self.shingle_size + 1, 0)

    def density_one(self, x: Mapping[Any, float | None], window: float = 0.5) -> float:
        """Share of the sampled newest records within `window` spreads of `x` in every feature, per volume in spreads.

        A feature's spread is its standard deviation in the sample, told from the quartiles. Records before `x` do not
        matter. 0 where nothing is near. Raises InvalidParameter.
        """
        _check_window(window, "the density")
        rows = self._next_rows(self._names(x), self._row(x))
        return (
            density(sampled(self._arena, 0), rows[0].astype(np.float64), window)
            if self._arena
            else 0.0
        )

    def hotspots(
        self, min_points: int = 20, window: float = 0.25, max_regions: int = 5
    ) -> list[Hotspot]:
        """The densest regions of the sampled newest records, the densest first.

        A record is in a region if at least `min_points` distinct sampled ones, itself included, are within `window`
        spreads of it in every feature; regions are joined where such records are within a window of one another. Takes
        time in proportion to the square of the sample. Raises InvalidParameter.
        """
        _check_window(window, "the hotspots")
        for field, value in (("min_points", min_points), ("max_regions", max_regions)):
            if value < 1:
                raise InvalidParameter(field, "the hotspots", "at least 1", value)
        if not self._arena:
            return []
        regions = dense_regions(sampled(self._arena, 0), min_points, window, max_regions)
        return [
            Hotspot(self._record(r.lower), self._record(r.upper), r.points, r.share, r.density)
            for r in regions
        ]

    def _record(self, values: Doubles) -> dict[Any, float]:
        return dict(zip(self._features, map(float, values), strict=False))


def _check_window(window: float, owner: str) -> None:
    if not 0.0 < window < np.inf:
        raise InvalidParameter("window", owner, "above 0 and finite", window)
