"""Everything that must hold in the memory of a slot, recomputed from scratch."""

from __future__ import annotations

import numpy as np

from models.forest import ForestArena
from models.forest.kernels.layout import DUPLICATE
from models.forest.kernels.randomness import priority, tree_seed
from tests.naive import Branch, Leaf, Node, Sample


def check_invariants(arena: ForestArena, slot: int, pushed: np.ndarray) -> None:
    """Raise AssertionError where the slot's memory is not that of a forest which was given the records `pushed`."""
    row = arena.forests.slots[slot]
    assert row["seen"] == len(pushed)
    assert row["seq"] == max(len(pushed) - arena.config.shingle_size + 1, 0)
    check_points(arena, slot, pushed)
    for tree in range(arena.config.n_trees):
        check_tree(arena, slot, tree)
    check_regions(arena)


def check_points(arena: ForestArena, slot: int, pushed: np.ndarray) -> None:
    """References are counted, free ids are exactly the others, and each point is the shingle of its number."""
    f, row = arena.forests, arena.forests.slots[slot]
    start, capacity = int(row["point_start"]), int(row["point_capacity"])
    counted = np.zeros(capacity, np.int64)
    for tree in range(arena.config.n_trees):
        held = f.samples[
            place(arena, slot, tree) : place(arena, slot, tree) + size(arena, slot, tree)
        ]
        np.add.at(counted, held, 1)
    assert np.array_equal(counted, f.references[start : start + capacity])
    free = f.free_points[start : start + int(row["points_free"])]
    assert sorted(free) == list(np.flatnonzero(counted == 0))
    for point in np.flatnonzero(counted):
        seq = int(f.sequence[start + point])
        shingle = pushed[seq : seq + arena.config.shingle_size].ravel()
        assert np.array_equal(values(arena, slot, int(point)), shingle)
    recent = min(len(pushed), arena.config.shingle_size - 1)
    if recent:
        width = arena.config.n_features
        end = int(row["record_start"] + row["records"]) * width
        assert np.array_equal(f.records[end - recent * width : end], pushed[-recent:].ravel())


def check_tree(arena: ForestArena, slot: int, tree: int) -> None:
    """Structure, boxes, priorities and the greatest of them."""
    f, row = arena.forests, arena.forests.slots[slot]
    base, n = place(arena, slot, tree), size(arena, slot, tree)
    assert n == min(int(row["seq"]), arena.config.sample_size)
    assert n <= int(row["capacity"])
    capacity = int(row["capacity"])
    assert sorted(f.box_slots[base : base + capacity]) == list(range(capacity))
    if n == 0:
        return
    samples, nodes = check_subtree(arena, slot, base, 0, 0, n)
    assert (samples, nodes) == (n, n - 1)
    assert len(set(f.samples[base : base + n])) == n
    # A compiled function returns a plain integer, which would be taken for a signed one.
    seed = np.uint64(tree_seed(row["seed"], tree))
    for a in range(n):
        seq = f.sequence[int(row["point_start"]) + int(f.samples[base + a])]
        assert f.priorities[base + a] == priority(seed, seq, f.decay)
    assert f.worst[slot, tree] == f.priorities[base : base + n].max()


def check_subtree(
    arena: ForestArena, slot: int, base: int, i: int, a: int, m: int
) -> tuple[int, int]:
    """Returns (samples, nodes) found below node i."""
    f = arena.forests
    points = np.array([values(arena, slot, int(p)) for p in f.samples[base + a : base + a + m]])
    if m == 1:
        return 1, 0
    node = f.nodes[base + i]
    if node["dim"] == DUPLICATE:
        assert (f.nodes["dim"][base + i : base + i + m - 1] == DUPLICATE).all()
        assert (points == points[0]).all()
        return m, m - 1
    left, dim, cut = int(node["left"]), int(node["dim"]), node["cut"]
    assert 0 < left < m
    assert points[:left, dim].max() <= cut < points[left:, dim].min()
    dims = arena.config.dimensions
    b = (base + int(f.box_slots[base + i])) * 2 * dims
    assert np.array_equal(f.boxes[b : b + dims], points.min(axis=0))
    assert np.array_equal(f.boxes[b + dims : b + 2 * dims], points.max(axis=0))
    left_counts = check_subtree(arena, slot, base, i + 1, a, left)
    right_counts = check_subtree(arena, slot, base, i + left, a + left, m - left)
    return left_counts[0] + right_counts[0], 1 + left_counts[1] + right_counts[1]


def check_regions(arena: ForestArena) -> None:
    """No two open slots share memory, and all lies inside the arrays."""
    f, trees = arena.forests, arena.config.n_trees
    live = [s for s in range(len(f.slots)) if f.slots[s]["capacity"] and s not in arena._unused]
    for start, length, factor, array in [
        ("tree_start", "capacity", trees, f.samples),
        ("point_start", "point_capacity", 1, f.sequence),
        ("record_start", "record_capacity", 1, f.records[:: arena.config.n_features]),
    ]:
        regions = sorted((int(f.slots[s][start]), int(f.slots[s][length]) * factor) for s in live)
        ends = [begin + size for begin, size in regions]
        begins = [begin for begin, _ in regions]
        assert all(end <= begin for end, begin in zip(ends, begins[1:], strict=False))
        assert not ends or ends[-1] <= len(array)


def place(arena: ForestArena, slot: int, tree: int) -> int:
    """Where a tree starts in the trees heap."""
    row = arena.forests.slots[slot]
    return int(row["tree_start"]) + tree * int(row["capacity"])


def size(arena: ForestArena, slot: int, tree: int) -> int:
    """Samples of a tree."""
    return int(arena.forests.sizes[slot, tree])


def values(arena: ForestArena, slot: int, point: int) -> np.ndarray:
    """The values of a point."""
    f, row = arena.forests, arena.forests.slots[slot]
    first = int(row["record_start"]) + int(f.locations[int(row["point_start"]) + point])
    width = arena.config.n_features
    return f.records[first * width : first * width + arena.config.dimensions].copy()


def pointers(arena: ForestArena, slot: int, tree: int) -> Node | None:
    """A tree as the naive twin's nodes."""
    f, row = arena.forests, arena.forests.slots[slot]
    base, n = place(arena, slot, tree), size(arena, slot, tree)

    def subtree(i: int, a: int, m: int) -> Node:
        if m == 1 or f.nodes[base + i]["dim"] == DUPLICATE:
            held = [int(p) for p in f.samples[base + a : base + a + m]]
            start = int(row["point_start"])
            return Leaf([Sample(int(f.sequence[start + p]), values(arena, slot, p)) for p in held])
        left = int(f.nodes[base + i]["left"])
        return Branch(
            int(f.nodes[base + i]["dim"]),
            np.float32(f.nodes[base + i]["cut"]),
            subtree(i + 1, a, left),
            subtree(i + left, a + left, m - left),
        )

    return subtree(0, 0, n) if n else None


def outline(node: Node | None) -> object:
    """A tree as plain values that compare: cuts, and the sequence numbers at the leaves."""
    if node is None:
        return None
    if isinstance(node, Leaf):
        return tuple(sample.seq for sample in node.samples)
    return (node.dim, float(node.cut), outline(node.left), outline(node.right))
