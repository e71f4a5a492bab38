"""Scale-free normalising: every feature in units of its own deviation, from a centre of its own.

Multiplying a stream or adding to it changes no normalised value, because nothing here is compared with an absolute
constant; only the resolution of float64 itself sets a floor.

Centre and scale stay where they are while the mean and the deviation wander near them, and while a value repeats. So a
value keeps its normalised value; else each return to the usual value of a mostly constant stream would be news. Where
mean or deviation leaves for good, centre and scale are dragged along smoothly.
"""

from __future__ import annotations

import math

import numpy as np

from models.compiled import kernel

SETTLE = 32
"""Values that make the first centre and scale. No mean or deviation forgets faster than in as many."""
RESOLUTION = 2.0**-40
"""Two neighbouring values that differ by no more than this share are the same, but for rounding."""
ROOM, SLACK = 1.5, 3.0
"""The scale is put at ROOM deviations, and may be from 1 to SLACK deviations."""
CLIP = 4.0
"""Scales beyond which a value pulls on mean and deviation no harder, so that one outlier does not blind a key."""
FEW = 8
"""Values of which the scale is too uncertain to clip by."""
LARGEST = 2.0**20
SPLIT = 2.0**39 + 1.0
"""Keeps 14 of the 53 bits of a float64 (Veltkamp 1968), so that rounding errors of other scales and offsets vanish."""


@kernel
def normalised(feature: np.void, value: float) -> float:
    """The value in scales from the centre, to 14 bits, within +-2**20; 0 for NaN, or before any two values differed."""
    scale = feature["scale"]
    if math.isnan(value) or scale == 0.0:
        return 0.0
    difference = value - feature["centre"]
    # Comparing first, because the quotient may be beyond float64.
    size = LARGEST if abs(difference) >= LARGEST * scale else abs(difference) / scale
    split = size * SPLIT
    return math.copysign(split - (split - size), difference)


@kernel
def restored(feature: np.void, z: float) -> float:
    """The value that is z scales from the centre."""
    return feature["centre"] + z * feature["scale"]


@kernel
def update(feature: np.void, value: float, decay: float) -> None:
    """Learn one value: exact mean and variance at first, exponentially weighted once 1/decay values were seen.

    Values beyond CLIP scales count as CLIP; a feature that never varied takes its first change whole.
    """
    count, last, scale = feature["count"] + 1, feature["value"], feature["scale"]
    feature["count"] = count
    if count == 1:
        feature["value"] = feature["mean"] = feature["centre"] = value
        return
    changed = abs(value - last) > RESOLUTION * abs(last)
    if not changed:
        value = last
    rate = max(1.0 / count, decay)
    pull = value - feature["mean"]
    if count > FEW and scale > 0.0:
        pull = min(max(pull, -CLIP * scale), CLIP * scale)
    feature["value"] = value
    feature["mean"] += rate * pull
    feature["variance"] = (1.0 - rate) * (feature["variance"] + rate * pull * pull)
    if changed:
        drag(feature, rate)


@kernel
def drag(feature: np.void, rate: float) -> None:
    """Take the scale to within its room around the deviation, and the centre to within a scale of the mean."""
    scale, deviation = feature["scale"], math.sqrt(feature["variance"])
    if feature["count"] <= SETTLE or scale == 0.0:
        scale = ROOM * deviation
    else:
        # Slowly, because the deviation may have shrunk for long while a value repeated.
        shrunk = max(SLACK * deviation, (1.0 - rate) * scale)
        scale = max(min(scale, shrunk), deviation)
    distance = feature["mean"] - feature["centre"]
    if abs(distance) > scale:
        feature["centre"] = feature["mean"] - math.copysign(scale, distance)
    feature["scale"] = scale
