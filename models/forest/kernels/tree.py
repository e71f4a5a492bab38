"""One random cut tree: how to walk it, and how its preorder arrays make room and close up.

`base` is where the tree starts in the trees heap; node i of the tree is `nodes[base + i]`, sample a is
`samples[base + a]`. A walk keeps the node i, the first sample a and the number of samples m of the subtree it is in.
"""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from models.compiled import Floats, Ints, index, inlined, kernel
from models.forest.kernels.layout import DUPLICATE, Forests


@inlined
def tree_base(f: Forests, slot: int, tree: int) -> int:
    """Where a tree starts in the trees heap."""
    row = f.slots[slot]
    return row["tree_start"] + tree * row["capacity"]


@inlined
def box_offset(f: Forests, base: int, i: int) -> int:
    """Where the box of node i starts in `boxes`."""
    dims = f.n_features * f.shingle_size
    return (base + int(f.box_slots[index(base + i)])) * 2 * dims


@inlined
def is_leaf(f: Forests, base: int, i: int, m: int) -> bool:
    """True where the subtree of m samples at node i is one sample, or equal ones."""
    return m == 1 or f.nodes[index(base + i)]["dim"] == DUPLICATE


@inlined
def walk_to_point(
    f: Forests, base: int, size: int, xs: Floats, x: int, path: Ints
) -> tuple[int, int, int, int]:
    """Follow the cuts from the root to the leaf where x belongs.

    Fills path[:depth] with (node, first sample, samples) of the internal nodes passed; returns
    (depth, node, first sample, samples) of the leaf.
    """
    i, a, m, depth = 0, 0, size, 0
    while m > 1:
        node = f.nodes[index(base + i)]
        if node["dim"] == DUPLICATE:
            break
        d = index(depth)
        path[d, 0], path[d, 1], path[d, 2] = i, a, m
        depth += 1
        left = int(node["left"])
        if xs[index(x + int(node["dim"]))] <= node["cut"]:
            i, m = i + 1, left
        else:
            i, a, m = i + left, a + left, m - left
    return depth, i, a, m


@inlined
def walk_to_sample(
    f: Forests, base: int, size: int, position: int, path: Ints
) -> tuple[int, int, int, int]:
    """Like walk_to_point, but to the leaf that holds the sample at `position`."""
    i, a, m, depth = 0, 0, size, 0
    while m > 1:
        node = f.nodes[index(base + i)]
        if node["dim"] == DUPLICATE:
            break
        d = index(depth)
        path[d, 0], path[d, 1], path[d, 2] = i, a, m
        depth += 1
        left = int(node["left"])
        if position < a + left:
            i, m = i + 1, left
        else:
            i, a, m = i + left, a + left, m - left
    return depth, i, a, m


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
def open_node(f: Forests, base: int, size: int, i: int) -> None:
    """Make room for a node at i in a tree of `size` samples; the new node gets an unused box."""
    last = size - 1
    unused = f.box_slots[base + last]
    shift_up(f.node_words, base + i, base + last)
    shift_up(f.box_slots, base + i, base + last)
    f.box_slots[base + i] = unused


@inlined
def close_node(f: Forests, base: int, size: int, i: int) -> None:
    """Remove node i of a tree of `size` samples; its box becomes unused."""
    last = size - 2
    unused = f.box_slots[base + i]
    shift_down(f.node_words, base + i + 1, base + last + 1)
    shift_down(f.box_slots, base + i + 1, base + last + 1)
    f.box_slots[base + last] = unused


@inlined
def open_sample(f: Forests, base: int, size: int, a: int, point: int, priority: int) -> None:
    """Put a sample at position a of a tree of `size` samples."""
    shift_up(f.samples, base + a, base + size)
    shift_up(f.priorities, base + a, base + size)
    f.samples[base + a] = point
    f.priorities[base + a] = priority


@inlined
def close_sample(f: Forests, base: int, size: int, a: int) -> None:
    """Remove the sample at position a of a tree of `size` samples."""
    shift_down(f.samples, base + a + 1, base + size)
    shift_down(f.priorities, base + a + 1, base + size)
