"""Bounding boxes: `dims` minima, then `dims` maxima, at an offset of a flat array."""

from __future__ import annotations

import numpy as np

from models.compiled import Floats, index, inlined, kernel
from models.forest.kernels.lanes import overflow_and_extent
from models.forest.kernels.layout import Forests
from models.forest.kernels.store import point_offset
from models.forest.kernels.tree import sample_base


@inlined
def point_distance(xs: Floats, x: int, ys: Floats, y: int, dims: int) -> np.float64:
    """Sum of |x_i - y_i|: how far x overflows the box that holds y alone."""
    overflow, _ = overflow_and_extent(ys, y, y, xs, x, dims)
    # float() would leave it a float32 in a compiled kernel.
    return np.float64(overflow)


@inlined
def box_overflow(
    boxes: Floats, b: int, xs: Floats, x: int, dims: int
) -> tuple[np.float64, np.float64]:
    """(overflow, extent) of a box and a point: the distance of x beyond it, and its side lengths, each summed."""
    overflow, extent = overflow_and_extent(boxes, b, b + dims, xs, x, dims)
    return np.float64(overflow), np.float64(extent)


@kernel
def box_touches(boxes: Floats, b: int, xs: Floats, x: int, dims: int) -> bool:
    """True where x lies on any face of the box, so that without x the box may shrink."""
    n, low, point = index(dims), index(b), index(x)
    high, faces = low + n, 0
    for i in range(n):
        value = xs[point + i]
        faces += (value == boxes[low + i]) | (value == boxes[high + i])
    return faces > 0


@kernel
def box_of_point(boxes: Floats, b: int, xs: Floats, x: int, dims: int) -> None:
    """Make box b the point x."""
    n, low, point = index(dims), index(b), index(x)
    high = low + n
    for i in range(n):
        boxes[low + i] = xs[point + i]
        boxes[high + i] = xs[point + i]


@kernel
def box_add_point(boxes: Floats, b: int, xs: Floats, x: int, dims: int) -> None:
    """Grow box b to hold x."""
    n, low, point = index(dims), index(b), index(x)
    high = low + n
    for i in range(n):
        boxes[low + i] = min(boxes[low + i], xs[point + i])
        boxes[high + i] = max(boxes[high + i], xs[point + i])


@kernel
def box_add_box(boxes: Floats, b: int, other: int, dims: int) -> None:
    """Grow box b to hold another box of the same array."""
    n, low, other_low = index(dims), index(b), index(other)
    high, other_high = low + n, other_low + n
    for i in range(n):
        boxes[low + i] = min(boxes[low + i], boxes[other_low + i])
        boxes[high + i] = max(boxes[high + i], boxes[other_high + i])


@kernel
def box_copy(boxes: Floats, b: int, other: int, dims: int) -> None:
    """Make box b equal to another box of the same array."""
    n, to, source = index(2 * dims), index(b), index(other)
    for i in range(n):
        boxes[to + i] = boxes[source + i]


@inlined
def box_of_samples(f: Forests, slot: int, tree: int, a: int, m: int, b: int) -> None:
    """Make box b that of the samples a .. a + m of a tree, one or more."""
    dims, base = f.n_features * f.shingle_size, sample_base(f, slot, tree)
    box_of_point(f.boxes, b, f.records, point_offset(f, slot, f.samples[index(base + a)]), dims)
    box_add_samples(f, slot, tree, a + 1, m - 1, b)


@inlined
def box_add_samples(f: Forests, slot: int, tree: int, a: int, m: int, b: int) -> None:
    """Grow box b to hold the samples a .. a + m of a tree."""
    dims, base = f.n_features * f.shingle_size, sample_base(f, slot, tree)
    for j in range(index(base + a), index(base + a + m)):
        box_add_point(f.boxes, b, f.records, point_offset(f, slot, f.samples[j]), dims)
