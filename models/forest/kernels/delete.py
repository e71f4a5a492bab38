"""Deletion: the sibling takes the parent's place, which leaves exactly the tree without the point (Guha et al. 2016,
section 3, Algorithm 1, ForgetPoint). Boxes shrink only as far up as the point lay on their faces. A subtree that is
left with no more samples than a bucket holds becomes one."""

from __future__ import annotations

from models.compiled import index, inlined, kernel, signed
from models.forest.kernels.boxes import (
    box_add_box,
    box_add_samples,
    box_copy,
    box_of_samples,
    box_touches,
)
from models.forest.kernels.layout import DUPLICATE, Forests
from models.forest.kernels.store import point_offset
from models.forest.kernels.tree import (
    FIRST,
    MASS,
    NODE,
    box_offset,
    close_node,
    close_sample,
    node_base,
    sample_base,
    walk_to_sample,
)


@inlined
def delete(f: Forests, slot: int, tree: int, position: int) -> None:
    """Remove the sample at `position` of a tree."""
    path = f.path
    depth, i, _, m, n = walk_to_sample(f, slot, tree, position, path)
    x = point_offset(f, slot, f.samples[sample_base(f, slot, tree) + position])
    parent = depth - 1
    # Which node goes: that of a leaf of equal samples, or that above a leaf.
    closed, level = -1, depth
    if n > 0:
        if m - 1 <= f.bucket:
            closed = i
    elif depth > 0 and (m == 1 or path[parent, MASS] - 1 <= f.bucket):
        closed, level = path[parent, NODE], parent
    _count_out(f, slot, tree, level, position, 1 if closed >= 0 else 0)
    close_sample(f, slot, tree, position)
    if closed >= 0:
        close_node(f, slot, tree, closed)
        if level == parent and m > 1:
            first = sample_base(f, slot, tree) + path[parent, FIRST]
            sort_samples(f, first, path[parent, MASS] - 1)
    if f.slots[slot]["box_start"] >= 0:
        _shrink_boxes(f, slot, tree, level, x)


@inlined
def _count_out(f: Forests, slot: int, tree: int, level: int, position: int, nodes: int) -> None:
    """One sample and some nodes less in each node above `level` whose left subtree holds the sample."""
    base, path = node_base(f, slot, tree), f.path
    for k in range(level):
        node = f.nodes[base + path[k, NODE]]
        if position < path[k, FIRST] + signed(node["left"]):
            node["left"] -= 1
            node["skip"] -= nodes


@kernel
def sort_samples(f: Forests, first: int, m: int) -> None:
    """Put the m samples of a bucket, stored from `first` on, in the order of their age, the oldest first."""
    for j in range(first + 1, first + m):
        record, at = f.samples[j], j
        while at > first and f.samples[at - 1] > record:
            f.samples[at] = f.samples[at - 1]
            at -= 1
        f.samples[at] = record


@inlined
def _shrink_boxes(f: Forests, slot: int, tree: int, level: int, x: int) -> None:
    """Make the boxes above `level` those without the point x, which was just removed."""
    dims, path = f.n_features * f.shingle_size, f.path
    for k in range(level - 1, -1, -1):
        b = box_offset(f, slot, tree, path[k, NODE])
        if not box_touches(f.boxes, b, f.records, x, dims):
            break
        rebuild_box(f, slot, tree, path[k, NODE], path[k, FIRST], path[k, MASS] - 1)


@inlined
def rebuild_box(f: Forests, slot: int, tree: int, i: int, a: int, m: int) -> None:
    """Make the box of node i (m samples from a on) from its two children, which have boxes where they have nodes."""
    dims = f.n_features * f.shingle_size
    b = box_offset(f, slot, tree, i)
    node = f.nodes[index(node_base(f, slot, tree) + i)]
    if node["dim"] == DUPLICATE:
        box_of_samples(f, slot, tree, a, 1, b)
        return
    left, skip = signed(node["left"]), signed(node["skip"])
    if skip > 0:
        box_copy(f.boxes, b, box_offset(f, slot, tree, i + 1), dims)
    else:
        box_of_samples(f, slot, tree, a, left, b)
    if m - left > f.bucket:
        box_add_box(f.boxes, b, box_offset(f, slot, tree, i + 1 + skip), dims)
    else:
        box_add_samples(f, slot, tree, a + left, m - left, b)


@kernel
def rebuild_boxes(f: Forests, slot: int, tree: int) -> None:
    """Make every box of a tree anew, children before parents; the boxes are in the order of the nodes."""
    row, n = f.slots[slot], signed(f.counts[slot, tree])
    start = row["box_start"] + tree * row["node_capacity"]
    for i in range(row["node_capacity"]):
        f.box_slots[start + i] = i
    for i in range(n - 1, -1, -1):
        a, m = _extent(f, slot, tree, i)
        rebuild_box(f, slot, tree, i, a, m)


@kernel
def _extent(f: Forests, slot: int, tree: int, target: int) -> tuple[int, int]:
    """(first sample, samples) of the subtree at node `target`."""
    base = node_base(f, slot, tree)
    i, a, m = 0, 0, signed(f.sizes[slot, tree])
    while i != target:
        node = f.nodes[base + i]
        left, skip = signed(node["left"]), signed(node["skip"])
        if target < i + 1 + skip:
            i, m = i + 1, left
        else:
            i, a, m = i + 1 + skip, a + left, m - left
    return a, m
