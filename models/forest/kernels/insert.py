"""Insertion that keeps the exact distribution of random cut trees over the sample.

Guha et al. 2016, section 3 (Algorithm 2, InsertPoint): from the root down, draw a cut of the box that would also hold
the new point; where it separates the point from the box, a new node goes in above. Here the same draws are made from
the leaf up, because all boxes above the first one that holds the point separate nothing; the highest separating cut
wins. A draw depends on (tree, point, depth) alone, so both orders give the same tree.
"""

from __future__ import annotations

import numpy as np

from models.compiled import Floats, Ints, inlined, kernel
from models.forest.kernels.boxes import (
    box_add_point,
    box_copy,
    box_of_point,
    box_overflow,
    point_distance,
)
from models.forest.kernels.layout import DUPLICATE, Forests
from models.forest.kernels.randomness import bits, uniform
from models.forest.kernels.store import point_offset
from models.forest.kernels.tree import box_offset, open_node, open_sample, walk_to_point


@kernel
def cut_beyond_box(
    boxes: Floats, b: int, xs: Floats, x: int, dims: int, reach: float
) -> tuple[int, np.float32, bool]:
    """The cut at distance `reach` along the overflow of x beyond box b, dimension after dimension.

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
        offset = min(max(reach, 0.0), length)
        cut = np.float32(np.float64(start) + offset)
        if cut >= end or cut < start:
            # Rounding to float32 may reach the excluded end; the included one always separates.
            cut = start
        dim, goes_left = i, left
        if reach < length:
            break
        reach -= length
    return dim, cut, goes_left


@inlined
def insert(
    f: Forests,
    slot: int,
    tree: int,
    base: int,
    seed: np.uint64,
    xs: Floats,
    x: int,
    point: int,
    seq: int,
    priority: int,
) -> None:
    """Put a point into a tree that has room. Raises nothing; ancestors' counts and boxes stay exact."""
    dims, path = f.n_features * f.shingle_size, f.path
    size = f.sizes[slot, tree]
    f.sizes[slot, tree] = size + 1
    if size == 0:
        f.samples[base], f.priorities[base] = point, priority
        return
    depth, i, a, m = walk_to_point(f, base, size, xs, x, path)
    y = point_offset(f, slot, f.samples[base + a])
    overflow = point_distance(xs, x, f.records, y, dims)
    if overflow == 0.0:
        _join_leaf(f, base, size, depth, i, a, m, point, priority, path)
        return

    box_of_point(f.box, 0, f.records, y, dims)
    reach = uniform(bits(seed, seq, 1 + depth)) * overflow
    dim, cut, goes_left = cut_beyond_box(f.box, 0, xs, x, dims, reach)
    level, contained_by = depth, -1
    for k in range(depth - 1, -1, -1):
        b = box_offset(f, base, path[k, 0])
        overflow, extent = box_overflow(f.boxes, b, xs, x, dims)
        if overflow == 0.0:
            contained_by = k
            break
        reach = uniform(bits(seed, seq, 1 + k)) * (overflow + extent)
        if reach < overflow:
            dim, cut, goes_left = cut_beyond_box(f.boxes, b, xs, x, dims, reach)
            level = k
    for k in range(contained_by + 1, level):
        box_add_point(f.boxes, box_offset(f, base, path[k, 0]), xs, x, dims)

    # The new node takes the place of the subtree at `level`, which becomes its other child.
    if level < depth:
        i, a, m = path[level, 0], path[level, 1], path[level, 2]
        below = box_offset(f, base, i)
    else:
        below = -1
    _count_in(f, base, path, level, a)
    open_node(f, base, size, i)
    node = f.nodes[base + i]
    node["cut"], node["dim"], node["left"] = cut, dim, 1 if goes_left else m
    open_sample(f, base, size, a if goes_left else a + m, point, priority)
    b = box_offset(f, base, i)
    if below >= 0:
        box_copy(f.boxes, b, below, dims)
    else:
        box_of_point(f.boxes, b, f.records, y, dims)
    box_add_point(f.boxes, b, xs, x, dims)


@inlined
def _count_in(f: Forests, base: int, path: Ints, level: int, a: int) -> None:
    """One sample more in the left subtree of each ancestor whose left subtree holds sample a."""
    for k in range(level):
        node = f.nodes[base + path[k, 0]]
        if a < path[k, 1] + int(node["left"]):
            node["left"] += 1


@kernel
def _join_leaf(
    f: Forests,
    base: int,
    size: int,
    depth: int,
    i: int,
    a: int,
    m: int,
    point: int,
    priority: int,
    path: Ints,
) -> None:
    """Add a sample to the leaf of equal ones at (i, a, m)."""
    _count_in(f, base, path, depth, a)
    open_node(f, base, size, i)
    node = f.nodes[base + i]
    node["cut"], node["dim"], node["left"] = np.float32(0.0), DUPLICATE, 0
    open_sample(f, base, size, a + m, point, priority)
