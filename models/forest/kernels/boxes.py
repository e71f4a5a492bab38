"""Bounding boxes: `dims` minima, then `dims` maxima, at an offset of a flat array."""

from __future__ import annotations

import numpy as np

from models.compiled import Floats, kernel

ZERO = np.float32(0.0)


@kernel
def point_distance(xs: Floats, x: int, ys: Floats, y: int, dims: int) -> np.float64:
    """Sum of |x_i - y_i| in float32: how far x overflows the box that holds y alone, summed as in box_overflow."""
    o0, o1, o2, o3 = ZERO, ZERO, ZERO, ZERO
    whole = dims - (dims & 3)
    for i in range(0, whole, 4):
        o0 += abs(xs[x + i] - ys[y + i])
        o1 += abs(xs[x + i + 1] - ys[y + i + 1])
        o2 += abs(xs[x + i + 2] - ys[y + i + 2])
        o3 += abs(xs[x + i + 3] - ys[y + i + 3])
    for i in range(whole, dims):
        o0 += abs(xs[x + i] - ys[y + i])
    return np.float64((o0 + o1) + (o2 + o3))


@kernel
def box_overflow(
    boxes: Floats, b: int, xs: Floats, x: int, dims: int
) -> tuple[np.float64, np.float64]:
    """(overflow, extent) of a box and a point, summed in float32: the distance of x beyond it, its summed side lengths.

    Four sums side by side, in a fixed order: the compiler may use vector registers, and the result is the same on
    every machine.
    """
    o0, o1, o2, o3 = ZERO, ZERO, ZERO, ZERO
    e0, e1, e2, e3 = ZERO, ZERO, ZERO, ZERO
    low, high = b, b + dims
    whole = dims - (dims & 3)
    for i in range(0, whole, 4):
        l0, h0, x0 = boxes[low + i], boxes[high + i], xs[x + i]
        l1, h1, x1 = boxes[low + i + 1], boxes[high + i + 1], xs[x + i + 1]
        l2, h2, x2 = boxes[low + i + 2], boxes[high + i + 2], xs[x + i + 2]
        l3, h3, x3 = boxes[low + i + 3], boxes[high + i + 3], xs[x + i + 3]
        e0 += h0 - l0
        e1 += h1 - l1
        e2 += h2 - l2
        e3 += h3 - l3
        o0 += max(l0 - x0, ZERO) + max(x0 - h0, ZERO)
        o1 += max(l1 - x1, ZERO) + max(x1 - h1, ZERO)
        o2 += max(l2 - x2, ZERO) + max(x2 - h2, ZERO)
        o3 += max(l3 - x3, ZERO) + max(x3 - h3, ZERO)
    for i in range(whole, dims):
        l0, h0, x0 = boxes[low + i], boxes[high + i], xs[x + i]
        e0 += h0 - l0
        o0 += max(l0 - x0, ZERO) + max(x0 - h0, ZERO)
    # float() would leave them float32 in a compiled kernel.
    return np.float64((o0 + o1) + (o2 + o3)), np.float64((e0 + e1) + (e2 + e3))


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
