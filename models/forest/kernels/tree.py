"""One random cut tree: how to walk it, and how its preorder arrays make room and close up.

Node i of a tree is `nodes[node_base + i]`, sample a is `samples[sample_base + a]`. A walk keeps the node i, the first
sample a, the number of samples m, and the number of nodes n of the subtree it is in. A leaf is a bucket (n = 0) or a
DUPLICATE node (n = 1).
"""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from models.compiled import Floats, Ints, index, inlined, kernel, signed
from models.forest.kernels.layout import DUPLICATE, QUEUE, SCRATCH_BOXES, Forests

NODE, FIRST, MASS, NODES = range(4)
"""Columns of a path: i, a, m, n of each internal node passed."""


@inlined
def node_base(f: Forests, slot: int, tree: int) -> int:
    """Where a tree's nodes start."""
    row = f.slots[slot]
    return row["node_start"] + tree * row["node_capacity"]


@inlined
def stride(f: Forests, slot: int) -> int:
    """Samples from one tree to the next: those of the reservoir and, where it can be full, its queue."""
    capacity = f.slots[slot]["capacity"]
    return capacity + (QUEUE if capacity == f.sample_size else 0)


@inlined
def sample_base(f: Forests, slot: int, tree: int) -> int:
    """Where a tree's samples start."""
    return f.slots[slot]["sample_start"] + tree * stride(f, slot)


@inlined
def box_offset(f: Forests, slot: int, tree: int, i: int) -> int:
    """Where the box of node i starts in `boxes`; the slot has boxes."""
    row, dims = f.slots[slot], f.n_features * f.shingle_size
    base = row["box_start"] + tree * row["node_capacity"]
    return (SCRATCH_BOXES + base + signed(f.box_slots[index(base + i)])) * 2 * dims


@inlined
def walk_to_point(
    f: Forests, slot: int, tree: int, xs: Floats, x: int, path: Ints
) -> tuple[int, int, int, int, int]:
    """Follow the cuts from the root to the leaf where x belongs.

    Fills path[:depth] with the internal nodes passed; returns (depth, i, a, m, n) of the leaf.
    """
    base = node_base(f, slot, tree)
    i, a, m, n, depth = 0, 0, signed(f.sizes[slot, tree]), signed(f.counts[slot, tree]), 0
    while n > 0:
        node = f.nodes[index(base + i)]
        if node["dim"] == DUPLICATE:
            break
        d = index(depth)
        path[d, NODE], path[d, FIRST], path[d, MASS], path[d, NODES] = i, a, m, n
        depth += 1
        left, skip = signed(node["left"]), signed(node["skip"])
        if xs[index(x + signed(node["dim"]))] <= node["cut"]:
            i, m, n = i + 1, left, skip
        else:
            i, a, m, n = i + 1 + skip, a + left, m - left, n - 1 - skip
    return depth, i, a, m, n


@inlined
def walk_to_sample(
    f: Forests, slot: int, tree: int, position: int, path: Ints
) -> tuple[int, int, int, int, int]:
    """Like walk_to_point, but to the leaf that holds the sample at `position`."""
    base = node_base(f, slot, tree)
    i, a, m, n, depth = 0, 0, signed(f.sizes[slot, tree]), signed(f.counts[slot, tree]), 0
    while n > 0:
        node = f.nodes[index(base + i)]
        if node["dim"] == DUPLICATE:
            break
        d = index(depth)
        path[d, NODE], path[d, FIRST], path[d, MASS], path[d, NODES] = i, a, m, n
        depth += 1
        left, skip = signed(node["left"]), signed(node["skip"])
        if position < a + left:
            i, m, n = i + 1, left, skip
        else:
            i, a, m, n = i + 1 + skip, a + left, m - left, n - 1 - skip
    return depth, i, a, m, n


@kernel
def shift_up(array: NDArray[Any], start: int, end: int) -> None:
    """Move array[start:end] one place up."""
    top = index(end)
    for i in range(index(end - start)):
        array[top - i] = array[top - i - index(1)]


@kernel
def shift_down(array: NDArray[Any], start: int, end: int) -> None:
    """Move array[start:end] one place down."""
    for i in range(index(start), index(end)):
        array[i - index(1)] = array[i]


@inlined
def open_node(f: Forests, slot: int, tree: int, i: int) -> None:
    """Make room for a node at i; it gets an unused box."""
    base, n, words = node_base(f, slot, tree), signed(f.counts[slot, tree]), node_words(f)
    f.counts[slot, tree] = n + 1
    # One by one, because a shift by one place becomes vector code.
    for j in range(words):
        shift_up(f.node_words, (base + i) * words + j, (base + n) * words + j)
    row = f.slots[slot]
    if row["box_start"] >= 0:
        boxes = row["box_start"] + tree * row["node_capacity"]
        unused = f.box_slots[boxes + n]
        shift_up(f.box_slots, boxes + i, boxes + n)
        f.box_slots[boxes + i] = unused


@inlined
def close_node(f: Forests, slot: int, tree: int, i: int) -> None:
    """Remove node i; its box becomes unused."""
    base, n, words = node_base(f, slot, tree), signed(f.counts[slot, tree]), node_words(f)
    f.counts[slot, tree] = n - 1
    for j in range(words):
        shift_down(f.node_words, (base + i + 1) * words - j, (base + n) * words - j)
    row = f.slots[slot]
    if row["box_start"] >= 0:
        boxes = row["box_start"] + tree * row["node_capacity"]
        unused = f.box_slots[boxes + i]
        shift_down(f.box_slots, boxes + i + 1, boxes + n)
        f.box_slots[boxes + n - 1] = unused


@inlined
def node_words(f: Forests) -> int:
    """Words in a node."""
    return 1 if f.sample_size <= 256 else 3


@inlined
def open_sample(f: Forests, slot: int, tree: int, a: int, record: int) -> None:
    """Put a sample at position a."""
    base, size = sample_base(f, slot, tree), signed(f.sizes[slot, tree])
    f.sizes[slot, tree] = size + 1
    shift_up(f.samples, base + a, base + size)
    f.samples[base + a] = record


@inlined
def close_sample(f: Forests, slot: int, tree: int, a: int) -> None:
    """Remove the sample at position a."""
    base, size = sample_base(f, slot, tree), signed(f.sizes[slot, tree])
    f.sizes[slot, tree] = size - 1
    shift_down(f.samples, base + a + 1, base + size)
