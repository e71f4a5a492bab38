"""Insertion that keeps the exact distribution of random cut trees over the sample.

Guha et al. 2016, section 3 (Algorithm 2, InsertPoint): from the root down, draw a cut of the box that would also hold
the new point; where it separates the point from the box, a new node goes in above. Here the same draws are made from
the leaf up, because all boxes above the first one that holds the point separate nothing; the highest separating cut
wins. A draw depends on (tree, point, depth) alone, so both orders give the same tree. Inside a bucket nothing is drawn:
its cuts follow from its points.
"""

from __future__ import annotations

import numpy as np

from models.compiled import Ints, inlined, kernel, signed
from models.forest.kernels.boxes import (
    box_add_point,
    box_copy,
    box_of_point,
    box_of_samples,
    box_overflow,
    point_distance,
)
from models.forest.kernels.climb import level_box
from models.forest.kernels.cuts import cut_beyond_box, cut_within, part_samples
from models.forest.kernels.layout import CLIMB, DUPLICATE, SPLIT, Forests
from models.forest.kernels.randomness import bits, uniform
from models.forest.kernels.store import point_offset
from models.forest.kernels.tree import (
    FIRST,
    MASS,
    NODE,
    NODES,
    box_offset,
    node_base,
    open_node,
    open_sample,
    sample_base,
    walk_to_point,
)


@inlined
def insert(f: Forests, slot: int, tree: int, seed: np.uint64, record: int, number: int) -> None:
    """Put the point that starts with a record into a tree that has room."""
    dims, path, xs = f.n_features * f.shingle_size, f.path, f.records
    x = point_offset(f, slot, record)
    if signed(f.sizes[slot, tree]) == 0:
        open_sample(f, slot, tree, 0, record)
        return
    depth, i, a, m, n = walk_to_point(f, slot, tree, xs, x, path)
    boxed = f.slots[slot]["box_start"] >= 0
    level, dim, cut, goes_left = depth + 1, 0, np.float32(0.0), True
    y = point_offset(f, slot, f.samples[sample_base(f, slot, tree) + a])
    scratch = CLIMB * 2 * dims
    apart = 0.0
    if n > 0:
        apart = point_distance(xs, x, xs, y, dims)
        box_of_point(f.boxes, scratch, xs, y, dims)
    elif not boxed:
        box_of_samples(f, slot, tree, a, m, scratch)
    if apart > 0.0:
        reach = uniform(bits(seed, number, 1 + depth)) * apart
        dim, cut, goes_left = cut_beyond_box(f.boxes, scratch, xs, x, dims, reach)
        level = depth

    contained_by = -1
    if n == 0 or apart > 0.0:
        below_a, below_m = a, m
        for k in range(depth - 1, -1, -1):
            b = level_box(
                f, slot, tree, boxed, path[k, NODE], path[k, FIRST], path[k, MASS], below_a, below_m
            )
            below_a, below_m = path[k, FIRST], path[k, MASS]
            overflow, extent = box_overflow(f.boxes, b, xs, x, dims)
            if overflow == 0.0:
                contained_by = k
                break
            reach = uniform(bits(seed, number, 1 + k)) * (overflow + extent)
            if reach < overflow:
                dim, cut, goes_left = cut_beyond_box(f.boxes, b, xs, x, dims, reach)
                level = k
        if boxed:
            for k in range(contained_by + 1, min(level, depth)):
                box_add_point(f.boxes, box_offset(f, slot, tree, path[k, NODE]), xs, x, dims)
    if level <= depth:
        _split_off(f, slot, tree, level, depth, i, a, m, n, dim, cut, goes_left, record, y)
    else:
        _join_leaf(f, slot, tree, seed, depth, i, a, m, n, record, number)


@inlined
def _split_off(
    f: Forests,
    slot: int,
    tree: int,
    level: int,
    depth: int,
    i: int,
    a: int,
    m: int,
    n: int,
    dim: int,
    cut: np.float32,
    goes_left: bool,
    record: int,
    y: int,
) -> None:
    """Put a node above the subtree at `level`, which becomes its one child; the new point alone is the other."""
    dims, path = f.n_features * f.shingle_size, f.path
    if level < depth:
        i, a, m, n = path[level, NODE], path[level, FIRST], path[level, MASS], path[level, NODES]
    boxed = f.slots[slot]["box_start"] >= 0
    below = -1
    if boxed and level < depth:
        below = box_offset(f, slot, tree, i)
    count_in(f, slot, tree, path, level, a, 1)
    open_node(f, slot, tree, i)
    node = f.nodes[node_base(f, slot, tree) + i]
    node["cut"], node["dim"] = cut, dim
    node["left"], node["skip"] = 1 if goes_left else m, 0 if goes_left else n
    open_sample(f, slot, tree, a if goes_left else a + m, record)
    if boxed:
        b = box_offset(f, slot, tree, i)
        if below >= 0:
            box_copy(f.boxes, b, below, dims)
        else:
            box_of_point(f.boxes, b, f.records, y, dims)
        box_add_point(f.boxes, b, f.records, point_offset(f, slot, record), dims)


@inlined
def _join_leaf(
    f: Forests,
    slot: int,
    tree: int,
    seed: np.uint64,
    depth: int,
    i: int,
    a: int,
    m: int,
    n: int,
    record: int,
    number: int,
) -> None:
    """Add a point to the leaf (i, a, m, n), as its newest; a bucket that is full is split."""
    full = n == 0 and m == f.bucket
    count_in(f, slot, tree, f.path, depth, a, 1 if full else 0)
    open_sample(f, slot, tree, a + m, record)
    if full:
        _split(f, slot, tree, seed, depth, i, a, m + 1, number)


@kernel
def _split(
    f: Forests,
    slot: int,
    tree: int,
    seed: np.uint64,
    depth: int,
    i: int,
    a: int,
    m: int,
    number: int,
) -> None:
    """Make the m samples from a on, one too many for a bucket, a node over two buckets."""
    dims = f.n_features * f.shingle_size
    b = SPLIT * 2 * dims
    box_of_samples(f, slot, tree, a, m, b)
    _, extent = box_overflow(f.boxes, b, f.boxes, b, dims)
    open_node(f, slot, tree, i)
    node = f.nodes[node_base(f, slot, tree) + i]
    node["cut"], node["dim"], node["left"], node["skip"] = np.float32(0.0), DUPLICATE, 0, 0
    if extent > 0.0:
        reach = uniform(bits(seed, number, 1 + depth)) * extent
        dim, cut = cut_within(f.boxes, b, dims, reach)
        node["cut"], node["dim"] = cut, dim
        node["left"] = part_samples(f, slot, sample_base(f, slot, tree) + a, m, dim, cut)
    if f.slots[slot]["box_start"] >= 0:
        box_copy(f.boxes, box_offset(f, slot, tree, i), b, dims)


@inlined
def count_in(f: Forests, slot: int, tree: int, path: Ints, level: int, a: int, nodes: int) -> None:
    """One sample and some nodes more in the left subtree of each node above `level` whose left subtree holds sample a.

    For a point that goes in at sample a, which may be the first of the right subtree of none of them.
    """
    base = node_base(f, slot, tree)
    for k in range(level):
        node = f.nodes[base + path[k, NODE]]
        if a < path[k, FIRST] + signed(node["left"]):
            node["left"] += 1
            node["skip"] += nodes
