"""Collusive displacement (CoDisp): how much a new point, or the points it hides among, changes the tree.

Bartos, Mullapudi & Troutman 2019, and Guha et al. 2016, Definition 3: the greatest ratio of sibling mass to own mass on
the way up from the point. Here it is the exact expectation over where the point would be inserted, so nothing is
inserted and no random number is drawn.
"""

from __future__ import annotations

from models.compiled import Floats, kernel
from models.forest.kernels.boxes import box_overflow, point_distance
from models.forest.kernels.layout import Forests
from models.forest.kernels.store import point_offset
from models.forest.kernels.tree import box_offset, tree_base, walk_to_point


@kernel
def displacement(f: Forests, slot: int, xs: Floats, x: int) -> float:
    """Mean expected CoDisp of the point at xs[x] over the trees of a slot; 0 while it holds no sample."""
    total = 0.0
    if f.sizes[slot, 0] == 0:
        return total
    for tree in range(f.n_trees):
        total += displacement_in_tree(f, slot, tree, xs, x)
    return total / f.n_trees


@kernel
def displacement_in_tree(f: Forests, slot: int, tree: int, xs: Floats, x: int) -> float:
    """Expected CoDisp in one tree.

    Inserted above a subtree of mass m, the point's own ratio is m; an ancestor on the path has the mass of the
    sibling, over that of the child on the path with the point in it.
    """
    dims, path = f.n_features * f.shingle_size, f.path
    base, size = tree_base(f, slot, tree), f.sizes[slot, tree]
    depth, _, a, m = walk_to_point(f, base, size, xs, x, path)
    y = point_offset(f, slot, f.samples[base + a])
    equal = point_distance(xs, x, f.records, y, dims) == 0.0
    expected, still_below, from_above = 0.0, 1.0, 0.0
    for k in range(depth):
        own = path[k, 2]
        if not equal:
            overflow, extent = box_overflow(f.boxes, box_offset(f, base, path[k, 0]), xs, x, dims)
            if overflow > 0.0:
                p = overflow / (overflow + extent)
                expected += still_below * p * max(from_above, float(own))
                still_below *= 1.0 - p
        child = path[k + 1, 2] if k + 1 < depth else m
        from_above = max(from_above, (own - child) / (child + 1.0))
    return expected + still_below * (from_above if equal else max(from_above, float(m)))
