"""Bounding boxes: `dims` minima, then `dims` maxima, at an offset of a flat array."""

from __future__ import annotations

import numpy as np

from models.compiled import Floats, kernel
from models.forest.kernels.lanes import overflow_and_extent


@kernel
def point_distance(xs: Floats, x: int, ys: Floats, y: int, dims: int) -> np.float64:
    """Sum of |x_i - y_i|: how far x overflows the box that holds y alone."""
    overflow, _ = overflow_and_extent(ys, y, y, xs, x, dims)
    # float() would leave it a float32 in a compiled kernel.
    return np.float64(overflow)


@kernel
def box_overflow(
    boxes: Floats, b: int, xs: Floats, x: int, dims: int
) -> tuple[np.float64, np.float64]:
    """(overflow, extent) of a box and a point: the distance of x beyond it, and its side lengths, each summed."""
    overflow, extent = overflow_and_extent(boxes, b, b + dims, xs, x, dims)
    return np.float64(overflow), np.float64(extent)


@kernel
def box_touches(boxes: Floats, b: int, xs: Floats, x: int, dims: int) -> bool:
    """True where x lies on any face of the box, so that without x the box may shrink."""
    for i in range(dims):
        if xs[x + i] == boxes[b + i] or xs[x + i] == boxes[b + dims + i]:
            return True
    return False


@kernel
def box_of_point(boxes: Floats, b: int, xs: Floats, x: int, dims: int) -> None:
    """Make box b the point x."""
    for i in range(dims):
        boxes[b + i] = xs[x + i]
        boxes[b + dims + i] = xs[x + i]


@kernel
def box_add_point(boxes: Floats, b: int, xs: Floats, x: int, dims: int) -> None:
    """Grow box b to hold x."""
    for i in range(dims):
        boxes[b + i] = min(boxes[b + i], xs[x + i])
        boxes[b + dims + i] = max(boxes[b + dims + i], xs[x + i])


@kernel
def box_add_box(boxes: Floats, b: int, other: int, dims: int) -> None:
    """Grow box b to hold another box of the same array."""
    for i in range(dims):
        boxes[b + i] = min(boxes[b + i], boxes[other + i])
        boxes[b + dims + i] = max(boxes[b + dims + i], boxes[other + dims + i])


@kernel
def box_copy(boxes: Floats, b: int, other: int, dims: int) -> None:
    """Make box b equal to another box of the same array."""
    for i in range(2 * dims):
        boxes[b + i] = boxes[other + i]
