"""Attribution: which dimension made a point's score, and whether it was too low or too high."""

from __future__ import annotations

import numpy as np

from models.compiled import Doubles, Floats, index, inlined, kernel, signed
from models.forest.kernels.boxes import (
    box_add_point,
    box_of_point,
    box_of_samples,
    box_overflow,
    point_distance,
)
from models.forest.kernels.bucket import (
    first_word,
    gather,
    keep_side,
    members_overflow,
    next_word,
)
from models.forest.kernels.climb import level_box
from models.forest.kernels.cuts import cut_within
from models.forest.kernels.gains import INVERSE_DEPTH, leaf_gain
from models.forest.kernels.layout import CLIMB, LEVEL, SPLIT, Forests
from models.forest.kernels.randomness import tree_seed, uniform
from models.forest.kernels.store import point_offset
from models.forest.kernels.tree import sample_base
from models.forest.kernels.walks import DEPTH, FIRST, MASS, NODES, passed, walk_trees


@kernel
def attribute(f: Forests, slot: int, xs: Floats, x: int, shares: Doubles) -> None:
    """Fill shares[0, i] (x_i too low) and shares[1, i] (too high); all together sum to the inverse-depth score."""
    dims, trees = f.n_features * f.shingle_size, 0
    for i in range(dims):
        shares[0, i], shares[1, i] = 0.0, 0.0
    walk_trees(f, slot, xs, x)
    for tree in range(f.n_trees):
        if signed(f.sizes[slot, tree]) > 0:
            attribute_in_tree(f, slot, tree, xs, x, f.shares)
            trees += 1
            for side in range(2):
                for i in range(index(dims)):
                    shares[side, i] += f.shares[side, i]
    _scale(shares, dims, 1.0 / max(trees, 1))


@inlined
def attribute_in_tree(
    f: Forests, slot: int, tree: int, xs: Floats, x: int, shares: Doubles
) -> None:
    """The score's recursion, kept apart by dimension and direction, in one tree, whose walk was taken before.

    Where the tree already holds an equal point, that point is looked past: the boxes are those of the other samples,
    and the shares are scaled to the score.
    """
    dims, t, size = f.n_features * f.shingle_size, index(tree), signed(f.sizes[slot, tree])
    depth, a, m, n = f.walks[t, DEPTH], f.walks[t, FIRST], f.walks[t, MASS], f.walks[t, NODES]
    for i in range(dims):
        shares[0, i], shares[1, i] = 0.0, 0.0
    if n == 0:
        leaf_depth, leaf_mass = _descend(f, slot, tree, xs, x, depth, a, m, shares)
    else:
        leaf_depth, leaf_mass = depth, m
        f.members[0] = point_offset(f, slot, signed(f.samples[sample_base(f, slot, tree) + a]))
        box_of_point(f.boxes, CLIMB * 2 * dims, f.records, f.members[0], dims)
    equal = point_distance(xs, x, f.records, f.members[0], dims) == 0.0
    target = leaf_gain(INVERSE_DEPTH, leaf_depth, 0.0, leaf_mass, size, equal, f.logs)
    if equal:
        _look_past(f, slot, tree, xs, x, depth, a, m, n == 0, target * f.logs[size], shares)
        return
    if n > 0:
        _blend(f.boxes, CLIMB * 2 * dims, xs, x, dims, target, True, shares)
    below_a, below_m = a, m
    boxed = f.slots[slot]["box_start"] >= 0
    for k in range(depth - 1, -1, -1):
        i, a, m = passed(f, tree, k)
        b = level_box(f, slot, tree, boxed, i, a, m, below_a, below_m)
        below_a, below_m = a, m
        if not _blend(f.boxes, b, xs, x, dims, 1.0 / (k + 1.0), False, shares):
            break
    _scale(shares, dims, f.logs[size])


@inlined
def _descend(
    f: Forests,
    slot: int,
    tree: int,
    xs: Floats,
    x: int,
    depth: int,
    a: int,
    m: int,
    shares: Doubles,
) -> tuple[int, int]:
    """Shares of being parted inside a bucket; returns (depth, samples) of the leaf, of which members[0] is one."""
    dims = f.n_features * f.shingle_size
    word = first_word(tree_seed(f.slots[slot]["seed"], tree), gather(f, slot, tree, a, m))
    b, reaches = CLIMB * 2 * dims, 1.0
    while True:
        overflow, extent = members_overflow(f, m, b, xs, x)
        if overflow > 0.0:
            _add(f.boxes, b, xs, x, dims, reaches / (depth + 1.0) / (overflow + extent), shares)
            reaches *= extent / (overflow + extent)
        if extent == 0.0:
            return depth, m
        dim, cut = cut_within(f.boxes, b, dims, uniform(word) * extent)
        goes_left = xs[x + dim] <= cut
        m = keep_side(f.records, f.members, m, dim, cut, goes_left)
        word = next_word(word, goes_left)
        b, depth = LEVEL * 2 * dims, depth + 1


@kernel
def _look_past(
    f: Forests,
    slot: int,
    tree: int,
    xs: Floats,
    x: int,
    depth: int,
    a: int,
    m: int,
    mixed: bool,
    target: float,
    shares: Doubles,
) -> None:
    """Shares, which sum to `target`, of a point that its tree holds: as if it did not.

    Its leaf has m samples from a on; unless `mixed`, all of them equal it.
    """
    dims = f.n_features * f.shingle_size
    b = CLIMB * 2 * dims
    others = _descend_past(f, slot, tree, xs, x, depth, a, m, shares) if mixed else 0
    below_a, below_m = a, m
    for k in range(depth - 1, -1, -1):
        _, a, m = passed(f, tree, k)
        if others == 0:
            start = a + below_m if below_a == a else a
            box_of_samples(f, slot, tree, start, m - below_m, b)
        else:
            level_box(f, slot, tree, False, 0, a, m, below_a, below_m)
        if not _blend(f.boxes, b, xs, x, dims, 1.0 / (k + 1.0), others == 0, shares):
            break
        below_a, below_m, others = a, m, 1
    _scale_to(shares, dims, target)


@kernel
def _descend_past(
    f: Forests,
    slot: int,
    tree: int,
    xs: Floats,
    x: int,
    depth: int,
    a: int,
    m: int,
    shares: Doubles,
) -> int:
    """Shares of being parted, inside a bucket, from the samples that do not equal x; returns how many those are.

    The cuts are those of all samples. Where the last of the others are parted from x, it is certain that they are. The
    scratch box CLIMB becomes that of all others in the bucket.
    """
    dims = f.n_features * f.shingle_size
    word = first_word(tree_seed(f.slots[slot]["seed"], tree), gather(f, slot, tree, a, m))
    b, whole, reaches = CLIMB * 2 * dims, SPLIT * 2 * dims, 1.0
    all_others = others = _box_of_others(f, m, b, xs, x)
    while others > 0:
        _, extent = members_overflow(f, m, whole, xs, x)
        dim, cut = cut_within(f.boxes, whole, dims, uniform(word) * extent)
        goes_left = xs[x + dim] <= cut
        m = keep_side(f.records, f.members, m, dim, cut, goes_left)
        word = next_word(word, goes_left)
        overflow, side = box_overflow(f.boxes, b, xs, x, dims)
        others = _box_of_others(f, m, whole, xs, x)
        if overflow > 0.0:
            reach = overflow + side if others > 0 else overflow
            _add(f.boxes, b, xs, x, dims, reaches / (depth + 1.0) / reach, shares)
            reaches *= 1.0 - overflow / reach
        b, depth = LEVEL * 2 * dims, depth + 1
        _box_of_others(f, m, b, xs, x)
    return all_others


@kernel
def _box_of_others(f: Forests, m: int, b: int, xs: Floats, x: int) -> int:
    """Make box b that of those of the first m members that do not equal x; returns how many they are."""
    dims, others = f.n_features * f.shingle_size, 0
    for j in range(m):
        y = f.members[j]
        if point_distance(xs, x, f.records, y, dims) > 0.0:
            if others == 0:
                box_of_point(f.boxes, b, f.records, y, dims)
            else:
                box_add_point(f.boxes, b, f.records, y, dims)
            others += 1
    return others


@kernel
def _scale_to(shares: Doubles, dims: int, target: float) -> None:
    """Let shares sum to `target`; where there are none, all alike."""
    total = 0.0
    for i in range(dims):
        total += shares[0, i] + shares[1, i]
    if total > 0.0:
        _scale(shares, dims, target / total)
    else:
        for i in range(dims):
            shares[0, i] = shares[1, i] = 0.5 * target / dims


@inlined
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
    _scale(shares, dims, 1.0 - overflow / reach)
    _add(boxes, b, xs, x, dims, weight / reach, shares)
    return True


@inlined
def _add(
    boxes: Floats, b: int, xs: Floats, x: int, dims: int, weight: float, shares: Doubles
) -> None:
    """Add the distances of x beyond a box, times a weight."""
    for i in range(index(dims)):
        value = xs[index(x) + i]
        below, above = boxes[index(b) + i] - value, value - boxes[index(b + dims) + i]
        shares[0, i] += weight * np.float64(max(below, np.float32(0.0)))
        shares[1, i] += weight * np.float64(max(above, np.float32(0.0)))


@inlined
def _scale(shares: Doubles, dims: int, factor: float) -> None:
    for side in range(2):
        for i in range(index(dims)):
            shares[side, i] *= factor
