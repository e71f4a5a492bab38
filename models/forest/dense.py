"""Where the sampled newest records are dense, in units of each feature's own spread."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.compiled import Doubles
from models.forest.kernels.regions import count_near, join_dense
from models.forest.sample import Sampled

NORMAL_QUARTILES = 1.349
"""Between the quartiles of a normal distribution there are so many of its standard deviations."""


class Region(NamedTuple):
    """A dense region: the box of its points."""

    lower: Doubles
    """(features,) least values."""
    upper: Doubles
    """(features,) greatest values."""
    points: int
    """Distinct sampled points in it."""
    share: float
    """Share of the trees' samples that are these points, 0 to 1: what part of the remembered stream is here."""
    density: float
    """Share per volume: how many times the share of a box as large as one spread of each feature."""


def newest_records(sample: Sampled) -> Doubles:
    """(n, features): the last record of each point."""
    return np.asarray(sample.points[:, -1], np.float64)


def spreads(records: Doubles) -> Doubles:
    """Standard deviation per feature, (features,), told from the quartiles; where they coincide, from all; never 0."""
    if not len(records):
        return np.ones(records.shape[1])
    quarter, three = np.quantile(records, [0.25, 0.75], axis=0)
    spread = (three - quarter) / NORMAL_QUARTILES
    spread = np.where(spread > 0, spread, np.std(records, axis=0))
    return np.where(spread > 0, spread, 1.0)


def share(sample: Sampled, mine: NDArray[np.bool_]) -> float:
    """Share of the trees' samples that are the chosen points."""
    return int(sample.trees[mine].sum()) / max(int(sample.trees.sum()), 1)


def dense_regions(
    sample: Sampled, min_points: int, window: float, max_regions: int
) -> list[Region]:
    """The regions of points with at least `min_points` (themselves included) within `window` spreads, densest first."""
    records = newest_records(sample)
    spread = spreads(records)
    scaled = np.ascontiguousarray(records / spread)
    n = len(scaled)
    counts, regions, waiting = (np.zeros(max(n, 1), np.int64) for _ in range(3))
    count_near(scaled, window, counts)
    found = join_dense(scaled, window, counts, min_points, regions, waiting)
    members: list[NDArray[np.bool_]] = [np.equal(regions[:n], number) for number in range(found)]
    described = [_region(sample, records, spread, mine, window) for mine in members]
    described.sort(key=lambda region: (-region.density, region.lower.tolist()))
    return described[:max_regions]


def density(sample: Sampled, record: Doubles, window: float) -> float:
    """Share of the trees' samples within `window` spreads of a record (features,), per volume in spreads."""
    records = newest_records(sample)
    if not len(records):
        return 0.0
    apart = (np.abs(records - record) / spreads(records)).max(axis=1)
    near: NDArray[np.bool_] = np.less_equal(apart, window)
    return share(sample, near) / float((2.0 * window) ** records.shape[1])


def _region(
    sample: Sampled, records: Doubles, spread: Doubles, mine: NDArray[np.bool_], window: float
) -> Region:
    lower, upper = records[mine].min(axis=0), records[mine].max(axis=0)
    # Points reach half a window beyond themselves: a region of equal points has a volume, too.
    volume = float(np.prod((upper - lower) / spread + window))
    part = share(sample, mine)
    return Region(lower, upper, int(mine.sum()), part, part / volume)
