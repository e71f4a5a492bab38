"""Deletion: the sibling takes the parent's place, which leaves exactly the tree without the point (Guha et al. 2016,
section 3, Algorithm 1, ForgetPoint). Boxes shrink only as far up as the point lay on their faces."""

from __future__ import annotations

from models.compiled import inlined, kernel
from models.forest.kernels.boxes import (
    box_add_box,
    box_add_point,
    box_copy,
    box_of_point,
    box_touches,
)
from models.forest.kernels.layout import DUPLICATE, Forests
from models.forest.kernels.store import point_offset
from models.forest.kernels.tree import (
    box_offset,
    close_node,
    close_sample,
    is_leaf,
    walk_to_sample,
)


@inlined
def delete(f: Forests, slot: int, tree: int, base: int, position: int) -> None:
    """Remove the sample at `position` of a tree; its point keeps its reference."""
    dims, path = f.n_features * f.shingle_size, f.path
    size = f.sizes[slot, tree]
    depth, i, _, m = walk_to_sample(f, base, size, position, path)
    x = point_offset(f, slot, f.samples[base + position])
    f.sizes[slot, tree] = size - 1
    ancestors = depth if m > 1 else depth - 1
    for k in range(ancestors):
        node = f.nodes[base + path[k, 0]]
        if position < path[k, 1] + int(node["left"]):
            node["left"] -= 1
    close_sample(f, base, size, position)
    if size == 1:
        return
    if m > 1:
        close_node(f, base, size, i)
        return
    close_node(f, base, size, path[depth - 1, 0])
    for k in range(depth - 2, -1, -1):
        b = box_offset(f, base, path[k, 0])
        if not box_touches(f.boxes, b, f.records, x, dims):
            break
        rebuild_box(f, slot, base, path[k, 0], path[k, 1], path[k, 2] - 1)


@inlined
def rebuild_box(f: Forests, slot: int, base: int, i: int, a: int, m: int) -> None:
    """Make the box of node i (m samples from a on) the union of its two children's."""
    dims = f.n_features * f.shingle_size
    b = box_offset(f, base, i)
    left = int(f.nodes[base + i]["left"])
    if is_leaf(f, base, i + 1, left):
        box_of_point(f.boxes, b, f.records, point_offset(f, slot, f.samples[base + a]), dims)
    else:
        box_copy(f.boxes, b, box_offset(f, base, i + 1), dims)
    if is_leaf(f, base, i + left, m - left):
        y = point_offset(f, slot, f.samples[base + a + left])
        box_add_point(f.boxes, b, f.records, y, dims)
    else:
        box_add_box(f.boxes, b, box_offset(f, base, i + left), dims)


@kernel
def rebuild_boxes(f: Forests, slot: int, tree: int, base: int) -> None:
    """Make every box of a tree anew, children before parents (after a load)."""
    size = f.sizes[slot, tree]
    for i in range(size - 2, -1, -1):
        if f.nodes[base + i]["dim"] != DUPLICATE:
            a, m = _extent(f, base, size, i)
            rebuild_box(f, slot, base, i, a, m)


@kernel
def _extent(f: Forests, base: int, size: int, target: int) -> tuple[int, int]:
    """(first sample, samples) of the subtree at node `target`."""
    i, a, m = 0, 0, size
    while i != target:
        left = int(f.nodes[base + i]["left"])
        if target < i + left:
            i, m = i + 1, left
        else:
            i, a, m = i + left, a + left, m - left
    return a, m
