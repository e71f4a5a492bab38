"""What the sample says of missing values: near neighbours in the known dimensions, one per tree."""

from __future__ import annotations

import numpy as np

from models.compiled import Doubles, Flags, Floats, kernel
from models.forest.kernels.layout import DUPLICATE, Forests
from models.forest.kernels.randomness import GOLDEN, bits, mix, tree_seed, uniform
from models.forest.kernels.store import point_offset
from models.forest.kernels.tree import tree_base

TIE_BREAK = 1 << 20
"""Purpose of the draw that chooses among equally near neighbours; beyond any depth of a cut."""


@kernel
def near_neighbour(f: Forests, slot: int, tree: int, xs: Floats, x: int, missing: Flags) -> int:
    """Offset in `records` of a sampled point near xs[x] in the dimensions that are not missing.

    Follows both sides of a cut in a missing dimension, one side of any other; of the leaves reached, the nearest by
    L1 distance, and among equals a random one that depends on the state alone.
    """
    dims, stack = f.n_features * f.shingle_size, f.path
    base, size = tree_base(f, slot, tree), f.sizes[slot, tree]
    row = f.slots[slot]
    word = bits(tree_seed(row["seed"], tree), row["seq"], TIE_BREAK)
    best, best_distance, equals = point_offset(f, slot, f.samples[base]), -1.0, 0
    stack[0, 0], stack[0, 1], stack[0, 2] = 0, 0, size
    held = 1
    while held > 0:
        held -= 1
        i, a, m = stack[held, 0], stack[held, 1], stack[held, 2]
        while m > 1:
            node = f.nodes[base + i]
            dim = int(node["dim"])
            if dim == DUPLICATE:
                break
            left = int(node["left"])
            if missing[dim]:
                stack[held, 0], stack[held, 1], stack[held, 2] = i + left, a + left, m - left
                held += 1
                i, m = i + 1, left
            elif xs[x + dim] <= node["cut"]:
                i, m = i + 1, left
            else:
                i, a, m = i + left, a + left, m - left
        y = point_offset(f, slot, f.samples[base + a])
        distance = 0.0
        for j in range(dims):
            if not missing[j]:
                distance += np.float64(abs(xs[x + j] - f.records[y + j]))
        if best_distance < 0.0 or distance < best_distance:
            best, best_distance, equals = y, distance, 1
        elif distance == best_distance:
            equals += 1
            # One in `equals` replaces the choice, which leaves all of them equally likely.
            word = mix(word + GOLDEN)
            if int(uniform(word) * equals) == 0:
                best = y
    return best


@kernel
def expected_newest(
    f: Forests,
    slot: int,
    xs: Floats,
    x: int,
    missing: Flags,
    expected: Doubles,
    lower: Doubles,
    upper: Doubles,
) -> None:
    """Per feature of the newest record: median, 10 % and 90 % quantiles over the trees' near neighbours."""
    newest = f.n_features * (f.shingle_size - 1)
    for tree in range(f.n_trees):
        y = near_neighbour(f, slot, tree, xs, x, missing)
        for i in range(f.n_features):
            _insert_sorted(f.columns[i], tree, f.records[y + newest + i])
    last = f.n_trees - 1
    for i in range(f.n_features):
        expected[i] = 0.5 * (f.columns[i, last // 2] + f.columns[i, (last + 1) // 2])
        lower[i] = f.columns[i, last // 10]
        upper[i] = f.columns[i, last - last // 10]


@kernel
def _insert_sorted(column: Doubles, held: int, value: float) -> None:
    """Put a value into the first `held` sorted values of a column."""
    j = held
    while j > 0 and column[j - 1] > value:
        column[j] = column[j - 1]
        j -= 1
    column[j] = value
