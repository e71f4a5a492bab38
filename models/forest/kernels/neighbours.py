"""What the sample says of missing values: near neighbours in the known dimensions, one per tree."""

from __future__ import annotations

import numpy as np

from models.compiled import Doubles, Flags, Floats, index, inlined, kernel, signed
from models.forest.kernels.layout import DUPLICATE, Forests
from models.forest.kernels.randomness import GOLDEN, bits, mix, tree_seed, uniform
from models.forest.kernels.store import point_offset
from models.forest.kernels.tree import FIRST, MASS, NODE, NODES, node_base, sample_base

TIE_BREAK = 1 << 20
"""Purpose of the draw that chooses among equally near neighbours; beyond any depth of a cut."""


@kernel
def near_neighbour(f: Forests, slot: int, tree: int, xs: Floats, x: int, missing: Flags) -> int:
    """Offset in `records` of a sampled point near xs[x] in the dimensions that are not missing.

    Follows both sides of a cut in a missing dimension, one side of any other; of the samples in the leaves reached, the
    nearest by L1 distance, and among equally near ones a random one that depends on the state alone.
    """
    stack, row = f.path, f.slots[slot]
    nodes, base = node_base(f, slot, tree), sample_base(f, slot, tree)
    word = bits(tree_seed(row["seed"], tree), row["seen"], TIE_BREAK)
    best, nearest, equals, held = -1, np.inf, 0, 1
    stack[0, NODE], stack[0, FIRST] = 0, 0
    stack[0, MASS], stack[0, NODES] = signed(f.sizes[slot, tree]), signed(f.counts[slot, tree])
    while held > 0:
        held -= 1
        i, a, m, n = stack[held, NODE], stack[held, FIRST], stack[held, MASS], stack[held, NODES]
        while n > 0:
            node = f.nodes[index(nodes + i)]
            dim, left, skip = signed(node["dim"]), signed(node["left"]), signed(node["skip"])
            if dim == DUPLICATE:
                break
            if missing[index(dim)]:
                stack[held, NODE], stack[held, FIRST] = i + 1 + skip, a + left
                stack[held, MASS], stack[held, NODES] = m - left, n - 1 - skip
                held += 1
                i, m, n = i + 1, left, skip
            elif xs[index(x + dim)] <= node["cut"]:
                i, m, n = i + 1, left, skip
            else:
                i, a, m, n = i + 1 + skip, a + left, m - left, n - 1 - skip
        for j in range(index(base + a), index(base + a + (m if n == 0 else 1))):
            y = point_offset(f, slot, signed(f.samples[j]))
            distance = _known_distance(f, xs, x, y, missing)
            if distance < nearest:
                best, nearest, equals = y, distance, 1
            elif distance == nearest:
                equals += 1
                # One in `equals` replaces the choice, which leaves all of them equally likely.
                word = mix(word + GOLDEN)
                if int(uniform(word) * equals) == 0:
                    best = y
    return best


@inlined
def _known_distance(f: Forests, xs: Floats, x: int, y: int, missing: Flags) -> float:
    """L1 distance in the dimensions that are not missing."""
    distance, start, other = 0.0, index(x), index(y)
    for i in range(index(f.n_features * f.shingle_size)):
        if not missing[i]:
            distance += np.float64(abs(xs[start + i] - f.records[other + i]))
    return distance


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
    """What expected_record says of a point's newest record."""
    newest = f.n_features * (f.shingle_size - 1)
    expected_record(f, slot, xs, x, missing, newest, expected, lower, upper)


@kernel
def expected_record(
    f: Forests,
    slot: int,
    xs: Floats,
    x: int,
    missing: Flags,
    at: int,
    expected: Doubles,
    lower: Doubles,
    upper: Doubles,
) -> None:
    """Per feature of the record that starts at value `at` of a point: median, 10 % and 90 % quantiles over the trees'
    near neighbours.

    One tree at least must hold samples.
    """
    last = -1
    for tree in range(f.n_trees):
        if signed(f.sizes[slot, tree]) > 0:
            y = near_neighbour(f, slot, tree, xs, x, missing)
            last += 1
            for i in range(f.n_features):
                _insert_sorted(f.columns[i], last, f.records[y + at + i])
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
