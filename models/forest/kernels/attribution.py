"""Attribution: which dimension made a point's score, and whether it was too low or too high."""

from __future__ import annotations

import numpy as np

from models.compiled import Doubles, Floats, kernel
from models.forest.kernels.boxes import (
    box_add_point,
    box_of_point,
    box_overflow,
    point_distance,
)
from models.forest.kernels.layout import Forests
from models.forest.kernels.score import leaf_score
from models.forest.kernels.store import point_offset
from models.forest.kernels.tree import box_offset, is_leaf, tree_base, walk_to_point


@kernel
def attribute(f: Forests, slot: int, xs: Floats, x: int, shares: Doubles) -> None:
    """Fill shares[0, i] (x_i too low) and shares[1, i] (too high); all together sum to the score of the point."""
    dims = f.n_features * f.shingle_size
    for i in range(dims):
        shares[0, i], shares[1, i] = 0.0, 0.0
    if f.sizes[slot, 0] == 0:
        return
    for tree in range(f.n_trees):
        attribute_in_tree(f, slot, tree, xs, x, f.shares)
        for i in range(dims):
            shares[0, i] += f.shares[0, i] / f.n_trees
            shares[1, i] += f.shares[1, i] / f.n_trees


@kernel
def attribute_in_tree(
    f: Forests, slot: int, tree: int, xs: Floats, x: int, shares: Doubles
) -> None:
    """The score's recursion, kept apart by dimension and direction.

    Where the tree already holds an equal point, that point is looked past: the boxes are those of the tree without it,
    and the shares are scaled to the score.
    """
    dims, path = f.n_features * f.shingle_size, f.path
    base, size = tree_base(f, slot, tree), f.sizes[slot, tree]
    depth, _, a, m = walk_to_point(f, base, size, xs, x, path)
    y = point_offset(f, slot, f.samples[base + a])
    equal = point_distance(xs, x, f.records, y, dims) == 0.0
    target = leaf_score(depth, m, size, equal, f.logs)
    for i in range(dims):
        shares[0, i], shares[1, i] = 0.0, 0.0
    if not equal:
        box_of_point(f.box, 0, f.records, y, dims)
        _blend(f.box, 0, xs, x, dims, 1.0 / (depth + 1.0), True, shares)
        for k in range(depth - 1, -1, -1):
            b = box_offset(f, base, path[k, 0])
            if not _blend(f.boxes, b, xs, x, dims, 1.0 / (k + 1.0), False, shares):
                break
        _scale(shares, dims, f.logs[size])
        return
    for k in range(depth - 1, -1, -1):
        _add_sibling(f, slot, base, k, a, k == depth - 1)
        if not _blend(f.box, 0, xs, x, dims, 1.0 / (k + 1.0), k == depth - 1, shares):
            break
    total = 0.0
    for i in range(dims):
        total += shares[0, i] + shares[1, i]
    if total > 0.0:
        _scale(shares, dims, target * f.logs[size] / total)
    else:
        for i in range(dims):
            shares[0, i] = shares[1, i] = 0.5 * target * f.logs[size] / dims


@kernel
def _blend(
    boxes: Floats,
    b: int,
    xs: Floats,
    x: int,
    dims: int,
    weight: float,
    certain: bool,
    shares: Doubles,
) -> bool:
    """One step of the recursion at a box; False where the box holds the point, which ends it."""
    overflow, extent = box_overflow(boxes, b, xs, x, dims)
    if overflow == 0.0:
        return False
    reach = overflow if certain else overflow + extent
    p = overflow / reach
    for i in range(dims):
        shares[0, i] *= 1.0 - p
        shares[1, i] *= 1.0 - p
        if xs[x + i] < boxes[b + i]:
            shares[0, i] += weight * np.float64(boxes[b + i] - xs[x + i]) / reach
        elif xs[x + i] > boxes[b + dims + i]:
            shares[1, i] += weight * np.float64(xs[x + i] - boxes[b + dims + i]) / reach
    return True


@kernel
def _add_sibling(f: Forests, slot: int, base: int, k: int, a: int, first: bool) -> None:
    """Grow the scratch box by the child of path[k] that is off the path to the leaf at sample a."""
    dims, path = f.n_features * f.shingle_size, f.path
    i, start, m = path[k, 0], path[k, 1], path[k, 2]
    left = int(f.nodes[base + i]["left"])
    if a < start + left:
        i, start, m = i + left, start + left, m - left
    else:
        i, m = i + 1, left
    if is_leaf(f, base, i, m):
        y = point_offset(f, slot, f.samples[base + start])
        if first:
            box_of_point(f.box, 0, f.records, y, dims)
        else:
            box_add_point(f.box, 0, f.records, y, dims)
        return
    b = box_offset(f, base, i)
    for j in range(dims):
        if first:
            f.box[j], f.box[dims + j] = f.boxes[b + j], f.boxes[b + dims + j]
        else:
            f.box[j] = min(f.box[j], f.boxes[b + j])
            f.box[dims + j] = max(f.box[dims + j], f.boxes[b + dims + j])


@kernel
def _scale(shares: Doubles, dims: int, factor: float) -> None:
    for i in range(dims):
        shares[0, i] *= factor
        shares[1, i] *= factor
