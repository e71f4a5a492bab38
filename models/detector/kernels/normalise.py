"""Scale-free normalising: every feature in units of its own recent deviation.

Multiplying a stream or adding to it changes no normalised value, because nothing here is compared with an absolute
constant; only the resolution of float64 itself sets a floor.

The mean is kept as its distance from the newest value. Differences of neighbouring values are exact even on a large
offset, and the distance shrinks without end while a value repeats, where a mean would stall some roundings short of it.
"""

from __future__ import annotations

import math

import numpy as np

from models.compiled import kernel

RESOLUTION = 2.0**-36
"""A deviation below this share of the mean is rounding noise, not signal."""
DUST = 2.0**-12
"""Deviations up to which a value is the mean; all others come nearer to it by as much, so that nothing jumps."""
CLIP = 6.0
"""Deviations beyond which a value pulls on mean and deviation no harder, so that one outlier does not blind a key."""
FEW = 8
"""Values of which the deviation is too uncertain to clip by, or to let a value count as more than CLIP deviations."""
LARGEST = 2.0**20
SPLIT = 2.0**39 + 1.0
"""Keeps 14 of the 53 bits of a float64 (Veltkamp 1968), so that rounding errors of other scales and offsets vanish."""


@kernel
def mean(feature: np.void) -> float:
    """The mean in force; 0 before any value."""
    return feature["value"] + feature["offset"]


@kernel
def spread(feature: np.void) -> float:
    """The deviation in force: positive, at least the resolution of the mean."""
    floor = max(abs(mean(feature)) * RESOLUTION, 1e-300)
    return max(math.sqrt(feature["variance"]), floor)


@kernel
def deviation(feature: np.void, value: float) -> float:
    """How far a value is from the mean."""
    return (value - feature["value"]) - feature["offset"]


@kernel
def normalised(feature: np.void, value: float) -> float:
    """The value in deviations from the mean, to 14 bits, within +-2**20; 0 for NaN, or before any value."""
    if math.isnan(value) or feature["count"] == 0:
        return 0.0
    difference, unit = deviation(feature, value), spread(feature)
    limit = LARGEST if feature["count"] > FEW else CLIP
    # Comparing first, because the quotient may be beyond float64.
    size = limit if abs(difference) >= limit * unit else abs(difference) / unit
    size = max(size - DUST, 0.0)
    split = size * SPLIT
    return math.copysign(split - (split - size), difference)


@kernel
def restored(feature: np.void, z: float) -> float:
    """The value that is z deviations from the mean."""
    return mean(feature) + z * spread(feature)


@kernel
def update(feature: np.void, value: float, decay: float) -> None:
    """Learn one value: exact mean and variance at first, exponentially weighted once 1/decay values were seen.

    Values beyond CLIP deviations count as CLIP; a feature that never varied takes its first change whole.
    """
    count = feature["count"] + 1
    feature["count"] = count
    if count == 1:
        feature["value"] = value
        return
    rate = max(1.0 / count, decay)
    difference = deviation(feature, value)
    unit = math.sqrt(feature["variance"])
    pull = difference
    if count > FEW and unit > abs(mean(feature)) * RESOLUTION:
        pull = min(max(pull, -CLIP * unit), CLIP * unit)
    feature["value"] = value
    feature["offset"] = rate * pull - difference
    feature["variance"] = (1.0 - rate) * (feature["variance"] + rate * pull * pull)
