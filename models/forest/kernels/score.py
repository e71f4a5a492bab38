"""The inverse-depth score: how early random cuts would isolate a point.

Expected over where the point would be inserted: isolated at depth k, it scores 1 / (k + 1). Normalised by
log2(tree mass + 1) and averaged over trees: about 0.8 to 1 for the usual, at most log2(sample_size + 1).
"""

from __future__ import annotations

from models.compiled import Doubles, Floats, index, inlined, kernel
from models.forest.kernels.boxes import box_overflow, point_distance
from models.forest.kernels.layout import Forests
from models.forest.kernels.tree import box_offset, tree_base
from models.forest.kernels.walks import DEPTH, MASS, POINT, walk_trees


@kernel
def score(f: Forests, slot: int, xs: Floats, x: int) -> float:
    """Mean score of the point at xs[x] over the trees of a slot; 0 while it holds no sample."""
    total = 0.0
    if f.sizes[slot, 0] == 0:
        return total
    walk_trees(f, slot, xs, x)
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
    """Score in one tree, whose walk was taken before: the climb from its leaf to the first box that holds the point."""
    dims, t = f.n_features * f.shingle_size, index(tree)
    base, size = tree_base(f, slot, tree), f.sizes[slot, tree]
    depth = f.walks[t, DEPTH]
    equal = point_distance(xs, x, f.records, f.walks[t, POINT], dims) == 0.0
    s = leaf_score(depth, f.walks[t, MASS], size, equal, f.logs)
    if not equal:
        for k in range(depth - 1, -1, -1):
            b = box_offset(f, base, f.steps[index(k), t])
            overflow, extent = box_overflow(f.boxes, b, xs, x, dims)
            if overflow == 0.0:
                break
            p = overflow / (overflow + extent)
            s = p / (k + 1.0) + (1.0 - p) * s
    return s * f.logs[size]
