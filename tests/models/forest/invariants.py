"""Everything that must hold in the memory of a slot, recomputed from scratch."""

from __future__ import annotations

import numpy as np

from models.forest import ForestArena
from models.forest.kernels.layout import DUPLICATE, SCRATCH_BOXES
from models.forest.sample import sampled
from tests import naive
from tests.naive import Branch, Leaf, Node, Sample
from tests.naive_reservoir import Fading, draw


def check_invariants(arena: ForestArena, slot: int, pushed: np.ndarray, first: int = 0) -> None:
    """Raise AssertionError where the slot's memory is not that of a forest which was given the records `pushed`.

    They were numbered from `first` on.
    """
    pushed = pushed + np.float32(0)
    assert arena.forests.slots[slot]["seen"] == first + len(pushed)
    known = record_numbers(arena, slot)
    check_records(arena, slot, known, pushed, first)
    for tree in range(arena.config.n_trees):
        check_tree(arena, slot, tree)
        check_reservoir(arena, slot, tree, known)
    check_regions(arena)


def check_records(
    arena: ForestArena, slot: int, numbered: np.ndarray, pushed: np.ndarray, first: int
) -> None:
    """Each record is that of the number which its run tells; what is needed is there."""
    f, row = arena.forests, arena.forests.slots[slot]
    held, shingle_size = int(row["records"]), arena.config.shingle_size
    assert held <= row["record_capacity"]
    assert (np.diff(numbered) > 0).all()
    start = int(row["record_start"])
    assert np.array_equal(arena.records[start : start + held], pushed[numbered - first])
    recent = min(len(pushed), shingle_size - 1)
    assert numbered[held - recent :].tolist() == list(
        range(first + len(pushed) - recent, first + len(pushed))
    )
    assert f.run_first.dtype == np.uint32
    points = sampled(arena, slot)
    expected = np.array([pushed[n - first : n - first + shingle_size] for n in points.number])
    assert np.array_equal(points.points, expected.reshape(points.points.shape))


def record_numbers(arena: ForestArena, slot: int) -> np.ndarray:
    """The number in the stream of each record that the slot holds."""
    f, row = arena.forests, arena.forests.slots[slot]
    runs = slice(int(row["run_start"]), int(row["run_start"] + row["runs"]))
    assert row["runs"] <= row["run_capacity"]
    starts, held = f.run_first[runs].astype(np.int64), int(row["records"])
    assert (len(starts) > 0) == (held > 0)
    assert not held or starts[0] == 0
    lengths = np.diff(np.append(starts, held))
    assert (lengths > 0).all()
    lags = np.arange(held) - np.repeat(starts, lengths)
    return np.repeat(f.run_number[runs], lengths) + lags


def check_tree(arena: ForestArena, slot: int, tree: int) -> None:
    """Structure, order, and boxes where the slot has any."""
    f, row = arena.forests, arena.forests.slots[slot]
    n = int(f.sizes[slot, tree])
    assert n <= min(int(row["capacity"]), arena.config.sample_size)
    held = records_held(arena, slot, tree)
    assert len(set(held)) == n
    assert (held < row["records"]).all()
    assert f.counts[slot, tree] <= row["node_capacity"]
    if row["box_start"] >= 0:
        start = int(row["box_start"]) + tree * int(row["node_capacity"])
        box_slots = f.box_slots[start : start + int(row["node_capacity"])]
        assert sorted(box_slots) == list(range(int(row["node_capacity"])))
    points = arena.records[int(row["record_start"]) + held[:, None] + lags(arena)]
    points = points.reshape(n, arena.config.dimensions)
    assert check_subtree(arena, slot, tree, 0, 0, points, held) == f.counts[slot, tree]


def check_subtree(
    arena: ForestArena, slot: int, tree: int, i: int, a: int, points: np.ndarray, held: np.ndarray
) -> int:
    """The subtree of node i over these points, of which the first is sample a; returns how many nodes it has."""
    if len(points) <= arena.config.bucket_size:
        assert (np.diff(held) > 0).all()
        return 0
    row = arena.forests.slots[slot]
    node = arena.forests.nodes[int(row["node_start"]) + tree * int(row["node_capacity"]) + i]
    low, high = points.min(axis=0), points.max(axis=0)
    if row["box_start"] >= 0 and node["dim"] != DUPLICATE:
        assert np.array_equal(box_of(arena, slot, tree, i), np.concatenate([low, high]))
    if node["dim"] == DUPLICATE:
        assert np.array_equal(low, high)
        assert (np.diff(held) > 0).all()
        return 1
    left, skip, dim = (int(node[name]) for name in ("left", "skip", "dim"))
    assert 0 < left < len(points)
    assert points[:left, dim].max() <= node["cut"] < points[left:, dim].min()
    sides = (
        (i + 1, a, points[:left], held[:left]),
        (i + 1 + skip, a + left, points[left:], held[left:]),
    )
    nodes = [check_subtree(arena, slot, tree, *side) for side in sides]
    assert nodes[0] == skip
    return 1 + sum(nodes)


def box_of(arena: ForestArena, slot: int, tree: int, i: int) -> np.ndarray:
    """The kept box of a node: minima, then maxima."""
    f, row = arena.forests, arena.forests.slots[slot]
    start = int(row["box_start"]) + tree * int(row["node_capacity"])
    width = 2 * arena.config.dimensions
    at = (SCRATCH_BOXES + start + int(f.box_slots[start + i])) * width
    return f.boxes[at : at + width]


def check_reservoir(arena: ForestArena, slot: int, tree: int, known: np.ndarray) -> None:
    """Nothing is held that the bound refuses; who goes next is queued in the order of going."""
    f, row = arena.forests, arena.forests.slots[slot]
    n, queued = int(f.sizes[slot, tree]), int(f.queued[slot, tree])
    ranks = priorities(arena, slot, tree, known)
    if not f.bounded[slot, tree]:
        assert n < arena.config.sample_size
        assert queued == 0
        return
    bound = int(f.bounds[slot, tree])
    above = {record: signed(rank - bound) for record, rank in ranks.items()}
    assert max(above.values(), default=0) <= 0
    if n < arena.config.sample_size:
        assert queued == 0
        return
    assert max(above.values()) == 0
    start = sample_start(arena, slot, tree) + int(row["capacity"])
    queue = f.samples[start : start + queued].astype(np.int64).tolist()
    waiting = [above.pop(record) for record in queue]
    assert waiting == sorted(waiting)
    if queued:
        assert waiting[-1] == 0
        floor = signed(int(f.floors[slot, tree]) - bound)
        assert max(above.values(), default=floor) <= floor <= waiting[0]


def check_regions(arena: ForestArena) -> None:
    """No two open slots share memory, and all lies inside the arrays."""
    f, trees = arena.forests, arena.config.n_trees
    live = [s for s in range(len(f.slots)) if f.slots[s]["capacity"]]
    boxed = [s for s in live if f.slots[s]["box_start"] >= 0]
    strides = {s: arena.stride(s) * trees for s in live}
    width = arena.config.n_features
    for start, lengths, slots, room in [
        ("sample_start", strides, live, len(f.samples)),
        ("node_start", "node_capacity", live, len(f.nodes)),
        ("box_start", "node_capacity", boxed, len(f.box_slots)),
        ("record_start", "record_capacity", live, len(f.records) // width),
        ("run_start", "run_capacity", live, len(f.run_first)),
        ("mark_start", "mark_capacity", live, len(f.marks)),
    ]:
        regions = []
        for s in slots:
            factor = trees if lengths == "node_capacity" else 1
            length = lengths[s] if isinstance(lengths, dict) else int(f.slots[s][lengths]) * factor
            if length:
                regions.append((int(f.slots[s][start]), length))
        regions.sort()
        ends = [begin + size for begin, size in regions]
        begins = [begin for begin, _ in regions]
        assert all(end <= begin for end, begin in zip(ends, begins[1:], strict=False))
        assert not ends or ends[-1] <= room


def lags(arena: ForestArena) -> np.ndarray:
    return np.arange(arena.config.shingle_size)


def signed(difference: int) -> int:
    """A difference of two priorities, as on a dial of 64 bits."""
    return (difference + 2**63) % 2**64 - 2**63


def sample_start(arena: ForestArena, slot: int, tree: int) -> int:
    return int(arena.forests.slots[slot]["sample_start"]) + tree * arena.stride(slot)


def records_held(arena: ForestArena, slot: int, tree: int) -> np.ndarray:
    """The first record of each sample of a tree, left to right."""
    start = sample_start(arena, slot, tree)
    return arena.forests.samples[start : start + int(arena.forests.sizes[slot, tree])].astype(int)


def numbers(arena: ForestArena, slot: int, tree: int) -> np.ndarray:
    """The number of each sample of a tree, left to right."""
    return record_numbers(arena, slot)[records_held(arena, slot, tree)]


def seed_of_tree(arena: ForestArena, slot: int, tree: int) -> int:
    return naive.tree_seed(int(arena.forests.slots[slot]["seed"]), tree)


def priorities(arena: ForestArena, slot: int, tree: int, known: np.ndarray) -> dict[int, int]:
    """The priority of each sample of a tree, by its first record; records have the numbers `known`."""
    row, seed = arena.forests.slots[slot], seed_of_tree(arena, slot, tree)
    first = int(row["mark_start"])
    fading = Fading(0)
    fading.marks = [tuple(m) for m in arena.forests.marks[first : first + row["marks"]].tolist()]
    held = records_held(arena, slot, tree).tolist()
    return {r: draw(seed, int(known[r])) - fading(int(known[r])) for r in held}


def bound_of(arena: ForestArena, slot: int, tree: int) -> int | None:
    """What a point's priority must stay below, on a dial of 64 bits; None while the tree takes any point."""
    f = arena.forests
    return int(f.bounds[slot, tree]) % 2**64 if f.bounded[slot, tree] else None


def pointers(arena: ForestArena, slot: int, tree: int) -> Node | None:
    """A tree as the naive twin's nodes."""
    f, row = arena.forests, arena.forests.slots[slot]
    base = int(row["node_start"]) + tree * int(row["node_capacity"])
    held = records_held(arena, slot, tree)
    known = record_numbers(arena, slot)[held].tolist()
    points = arena.records[int(row["record_start"]) + held[:, None] + lags(arena)]
    samples = [Sample(number, x.ravel()) for number, x in zip(known, points, strict=True)]

    def subtree(i: int, part: list[Sample]) -> Node:
        if len(part) <= arena.config.bucket_size or f.nodes[base + i]["dim"] == DUPLICATE:
            return Leaf(part)
        node = f.nodes[base + i]
        left = int(node["left"])
        sides = subtree(i + 1, part[:left]), subtree(i + 1 + int(node["skip"]), part[left:])
        return Branch(int(node["dim"]), np.float32(node["cut"]), *sides)

    return subtree(0, samples) if samples else None


def outline(node: Node | None) -> object:
    """A tree as plain values that compare: cuts, and the sequence numbers at the leaves."""
    if node is None:
        return None
    if isinstance(node, Leaf):
        return tuple(sample.seq for sample in node.samples)
    return (node.dim, float(node.cut), outline(node.left), outline(node.right))
