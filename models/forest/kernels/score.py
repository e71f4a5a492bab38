"""The inverse-depth score: how early random cuts would isolate a point.

Expected over where the point would be inserted: isolated at depth k, it scores 1 / (k + 1). Normalised by
log2(tree mass + 1) and averaged over trees: about 0.8 to 1 for the usual, at most log2(sample_size + 1).
"""

from __future__ import annotations

from models.compiled import Doubles, Floats, inlined, kernel
from models.forest.kernels.boxes import box_overflow, point_distance
from models.forest.kernels.layout import Forests
from models.forest.kernels.store import point_offset
from models.forest.kernels.tree import box_offset, tree_base, walk_to_point


@kernel
def score(f: Forests, slot: int, xs: Floats, x: int) -> float:
    """Mean score of the point at xs[x] over the trees of a slot; 0 while it holds no sample."""
    total = 0.0
    if f.sizes[slot, 0] == 0:
        return total
    for tree in range(f.n_trees):
        total += score_in_tree(f, slot, tree, xs, x)
    return total / f.n_trees


@inlined
def leaf_score(depth: int, m: int, size: int, equal: bool, logs: Doubles) -> float:
    """Score at the leaf reached: damped where it equals the point, else that of isolation right there."""
    if equal:
        return (1.0 - m / (2.0 * size)) / (depth + logs[m])
    return 1.0 / (depth + 1.0)


@inlined
def score_in_tree(f: Forests, slot: int, tree: int, xs: Floats, x: int) -> float:
    """Score in one tree."""
    dims, logs, path = f.n_features * f.shingle_size, f.logs, f.path
    base, size = tree_base(f, slot, tree), f.sizes[slot, tree]
    depth, _, a, m = walk_to_point(f, base, size, xs, x, path)
    y = point_offset(f, slot, f.samples[base + a])
    equal = point_distance(xs, x, f.records, y, dims) == 0.0
    s = leaf_score(depth, m, size, equal, logs)
    if not equal:
        for k in range(depth - 1, -1, -1):
            overflow, extent = box_overflow(f.boxes, box_offset(f, base, path[k, 0]), xs, x, dims)
            if overflow == 0.0:
                break
            p = overflow / (overflow + extent)
            s = p / (k + 1.0) + (1.0 - p) * s
    return s * logs[size]
