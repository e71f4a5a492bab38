"""Scores: one walk down every tree, one climb up to the first box that holds the point."""

from __future__ import annotations

from models.compiled import Floats, index, inlined, kernel, signed
from models.forest.kernels.boxes import box_of_point, box_overflow, point_distance
from models.forest.kernels.bucket import (
    first_word,
    gather,
    keep_side,
    members_overflow,
    next_word,
)
from models.forest.kernels.climb import level_box
from models.forest.kernels.cuts import cut_within
from models.forest.kernels.gains import DISPLACEMENT, gain, leaf_gain, ratio_above, scale_of
from models.forest.kernels.layout import CLIMB, LEVEL, Forests
from models.forest.kernels.randomness import tree_seed, uniform
from models.forest.kernels.store import point_offset
from models.forest.kernels.tree import sample_base
from models.forest.kernels.walks import DEPTH, FIRST, MASS, NODES, walk_trees


@kernel
def score(f: Forests, slot: int, xs: Floats, x: int, kind: int) -> float:
    """Mean statistic of the point at xs[x] over the trees of a slot that hold samples; 0 while none does."""
    total, trees = 0.0, 0
    walk_trees(f, slot, xs, x)
    for tree in range(f.n_trees):
        if signed(f.sizes[slot, tree]) > 0:
            total += score_in_tree(f, slot, tree, xs, x, kind)
            trees += 1
    return total / max(trees, 1)


@inlined
def score_in_tree(f: Forests, slot: int, tree: int, xs: Floats, x: int, kind: int) -> float:
    """Statistic in one tree, whose walk was taken before."""
    t, size = index(tree), signed(f.sizes[slot, tree])
    depth, a, m = f.walks[t, DEPTH], f.walks[t, FIRST], f.walks[t, MASS]
    above = 0.0
    if kind == DISPLACEMENT:
        above = _ratios_above(f, tree, depth, m)
    if f.walks[t, NODES] == 0:
        value, overflow = in_bucket(f, slot, tree, xs, x, kind, depth, a, m, above)
    else:
        y = point_offset(f, slot, signed(f.samples[sample_base(f, slot, tree) + a]))
        dims = f.n_features * f.shingle_size
        overflow = point_distance(xs, x, f.records, y, dims)
        box_of_point(f.boxes, CLIMB * 2 * dims, f.records, y, dims)
        value = leaf_gain(kind, depth, above, m, size, overflow == 0.0, f.logs)
    if overflow > 0.0:
        value = _climb(f, slot, tree, xs, x, kind, depth, a, m, value)
    return value * scale_of(kind, size, f.logs)


@inlined
def _ratios_above(f: Forests, tree: int, depth: int, m: int) -> float:
    """Fill f.above with `above` for each node passed; returns that of the leaf."""
    t, above = index(tree), 0.0
    for k in range(depth):
        f.above[k] = above
        child = signed(f.steps[k + 1, t, 2]) if k + 1 < depth else m
        above = ratio_above(above, signed(f.steps[k, t, 2]), child)
    return above


@inlined
def _climb(
    f: Forests,
    slot: int,
    tree: int,
    xs: Floats,
    x: int,
    kind: int,
    depth: int,
    below_a: int,
    below_m: int,
    value: float,
) -> float:
    """From a leaf's value to the tree's, up to the first box that holds the point."""
    t, dims, boxed = index(tree), f.n_features * f.shingle_size, f.slots[slot]["box_start"] >= 0
    for k in range(depth - 1, -1, -1):
        step = index(k)
        i, a, m = (
            signed(f.steps[step, t, 0]),
            signed(f.steps[step, t, 1]),
            signed(f.steps[step, t, 2]),
        )
        b = level_box(f, slot, tree, boxed, i, a, m, below_a, below_m)
        below_a, below_m = a, m
        overflow, extent = box_overflow(f.boxes, b, xs, x, dims)
        if overflow == 0.0:
            break
        p = overflow / (overflow + extent)
        value = p * gain(kind, k, f.above[step], m) + (1.0 - p) * value
    return value


@inlined
def in_bucket(
    f: Forests,
    slot: int,
    tree: int,
    xs: Floats,
    x: int,
    kind: int,
    depth: int,
    a: int,
    m: int,
    above: float,
) -> tuple[float, float]:
    """(value, overflow of the whole bucket's box) for a bucket of m samples from a on; the scratch box CLIMB becomes
    the bucket's."""
    dims, size = f.n_features * f.shingle_size, signed(f.sizes[slot, tree])
    key = gather(f, slot, tree, a, m)
    word = first_word(tree_seed(f.slots[slot]["seed"], tree), key)
    b, whole, value, reaches = CLIMB * 2 * dims, -1.0, 0.0, 1.0
    while True:
        overflow, extent = members_overflow(f, m, b, xs, x)
        whole = overflow if whole < 0.0 else whole
        if m == 1 or extent == 0.0:
            break
        p = overflow / (overflow + extent)
        value += reaches * p * gain(kind, depth, above, m)
        reaches *= 1.0 - p
        depth += 1
        if m == 2:
            # Nothing need be drawn: on either side there is one sample, and x parts from it unless it equals it.
            above, m = ratio_above(above, 2, 1), 1
            overflow = _least_distance(f, xs, x) if overflow == 0.0 else overflow
            break
        dim, cut = cut_within(f.boxes, b, dims, uniform(word) * extent)
        goes_left = xs[index(x + dim)] <= cut
        kept = keep_side(f.records, f.members, m, dim, cut, goes_left)
        above = ratio_above(above, m, kept)
        word = next_word(word, goes_left)
        b, m = LEVEL * 2 * dims, kept
    value += reaches * leaf_gain(kind, depth, above, m, size, overflow == 0.0, f.logs)
    return value, whole


@inlined
def _least_distance(f: Forests, xs: Floats, x: int) -> float:
    """Distance of x from the nearer of the first two members."""
    dims, members = f.n_features * f.shingle_size, f.members
    first = point_distance(xs, x, f.records, members[0], dims)
    return min(first, point_distance(xs, x, f.records, members[1], dims))
