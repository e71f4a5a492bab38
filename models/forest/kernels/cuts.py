"""Where a random cut falls: a distance along the sides of a box, dimension after dimension, made a float32."""

from __future__ import annotations

import numpy as np

from models.compiled import Floats, inlined, kernel, signed
from models.forest.kernels.layout import Forests
from models.forest.kernels.store import point_offset


@kernel
def cut_beyond_box(
    boxes: Floats, b: int, xs: Floats, x: int, dims: int, reach: float
) -> tuple[int, np.float32, bool]:
    """The cut at distance `reach` along the overflow of x beyond box b.

    Returns (dimension, cut value, whether x goes left). The cut lies between x and the box: x <= cut < minimum,
    or maximum <= cut < x.
    """
    dim, cut, goes_left = 0, np.float32(0.0), True
    for i in range(dims):
        low, high, value = boxes[b + i], boxes[b + dims + i], xs[x + i]
        if value < low:
            start, end, left = value, low, True
        elif value > high:
            start, end, left = high, value, False
        else:
            continue
        length = np.float64(end) - np.float64(start)
        dim, cut, goes_left = i, cut_between(start, end, min(reach, length)), left
        if reach < length:
            break
        reach -= length
    return dim, cut, goes_left


@kernel
def cut_within(boxes: Floats, b: int, dims: int, reach: float) -> tuple[int, np.float32]:
    """The cut at distance `reach` along the sides of box b, which has some: (dimension, minimum <= cut < maximum)."""
    dim, cut = 0, np.float32(0.0)
    for i in range(dims):
        low, high = boxes[b + i], boxes[b + dims + i]
        length = np.float64(high) - np.float64(low)
        if length > 0.0:
            dim, cut = i, cut_between(low, high, min(reach, length))
            if reach < length:
                break
            reach -= length
    return dim, cut


@inlined
def cut_between(start: np.float32, end: np.float32, offset: float) -> np.float32:
    """start + offset as a float32 in [start, end), which separates the two."""
    cut = np.float32(np.float64(start) + max(offset, 0.0))
    # Rounding may reach the excluded end; the included one always separates.
    return start if cut >= end or cut < start else cut


@inlined
def part_samples(f: Forests, slot: int, first: int, m: int, dim: int, cut: np.float32) -> int:
    """Part m samples, stored from `first` on, by a cut, each side in its old order; returns how many go left."""
    left, waiting = 0, 0
    for j in range(m):
        record = signed(f.samples[first + j])
        if f.records[point_offset(f, slot, record) + dim] <= cut:
            f.samples[first + left] = record
            left += 1
        else:
            f.ranks[waiting] = record
            waiting += 1
    for j in range(waiting):
        f.samples[first + left + j] = f.ranks[j]
    return left
