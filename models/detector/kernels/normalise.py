"""Scale-free normalising: every feature in units of its own recent deviation.

Multiplying a stream or adding to it changes no normalised value, because nothing here is compared with an absolute
constant; only the resolution of float64 itself sets a floor.
"""

from __future__ import annotations

import math

import numpy as np

from models.compiled import kernel

RESOLUTION = 2.0**-36
"""A deviation below this share of the mean is rounding noise, not signal."""
CLIP = 6.0
"""Deviations beyond which a value pulls on mean and deviation no harder, so that one outlier does not blind a key."""
GRID = 4096.0
"""Normalised values are rounded to 1/GRID, so that rounding errors of other scales vanish."""
LARGEST = 2.0**20


@kernel
def spread(feature: np.void) -> float:
    """The deviation in force: positive, at least the resolution of the mean."""
    floor = max(abs(feature["mean"]) * RESOLUTION, 1e-300)
    return max(math.sqrt(feature["variance"]), floor)


@kernel
def normalised(feature: np.void, value: float) -> float:
    """The value in deviations from the mean, on a grid, within +-2**20."""
    z = (value - feature["mean"]) / spread(feature)
    z = min(max(z, -LARGEST), LARGEST)
    return math.floor(z * GRID + 0.5) / GRID


@kernel
def restored(feature: np.void, z: float) -> float:
    """The value that is z deviations from the mean."""
    return feature["mean"] + z * spread(feature)


@kernel
def update(feature: np.void, value: float, decay: float) -> None:
    """Learn one value: exact mean and variance at first, exponentially weighted once 1/decay values were seen.

    Values beyond CLIP deviations count as CLIP; a feature that never varied takes its first change whole.
    """
    count = feature["count"] + 1
    feature["count"] = count
    rate = max(1.0 / count, decay)
    difference = value - feature["mean"]
    deviation = math.sqrt(feature["variance"])
    if count > 8 and deviation > abs(feature["mean"]) * RESOLUTION:
        difference = min(max(difference, -CLIP * deviation), CLIP * deviation)
    feature["mean"] += rate * difference
    feature["variance"] = (1.0 - rate) * (feature["variance"] + rate * difference * difference)
