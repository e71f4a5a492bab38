"""The forest told as its papers tell it: recursive, pointer by pointer, every box made anew from its points.

Slow and obvious on purpose: the tests compare each kernel with the function of the same name here. Which points a tree
holds is told in tests/naive_reservoir.py.

Guha, Mishra, Roy & Schrijvers 2016: Robust Random Cut Forest Based Anomaly Detection on Streams (insertion, deletion).
Bartos, Mullapudi & Troutman 2019: rrcf (collusive displacement).

What a random cut decides is computed in float32 as the kernels do it, so that trees come out identical; what is merely
reported (scores, shares, displacements) is computed in float64.
"""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

WORD = 2**64 - 1
GOLDEN, M1, M2 = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB
LANES = 8
"""Partial sums of a float32 total."""


# Randomness


def mix(z: int) -> int:
    """The finaliser of SplitMix64."""
    z = (z ^ (z >> 30)) * M1 & WORD
    z = (z ^ (z >> 27)) * M2 & WORD
    return z ^ (z >> 31)


def tree_seed(seed: int, tree: int) -> int:
    return mix((seed + GOLDEN * (tree + 1)) & WORD)


def bits(seed: int, seq: int, purpose: int) -> int:
    return mix((mix(seed ^ (seq * GOLDEN & WORD)) + purpose * M2) & WORD)


def uniform(word: int) -> float:
    return (word >> 11) / 2**53


# Trees


class Sample(NamedTuple):
    """One point in the reservoir of one tree."""

    seq: int
    x: np.ndarray


@dataclass(eq=False)
class Leaf:
    """A bucket of samples in the order in which they came; more of them than a bucket holds are of equal value."""

    samples: list[Sample]


@dataclass(eq=False)
class Branch:
    """A cut: what has x[dim] <= cut is in the left subtree."""

    dim: int
    cut: np.float32
    left: Node
    right: Node


Node = Leaf | Branch


def samples_of(node: Node) -> list[Sample]:
    """Left to right."""
    if isinstance(node, Leaf):
        return node.samples
    return samples_of(node.left) + samples_of(node.right)


def mass(node: Node) -> int:
    return len(samples_of(node))


def box(node: Node) -> tuple[np.ndarray, np.ndarray]:
    points = np.array([sample.x for sample in samples_of(node)])
    return points.min(axis=0), points.max(axis=0)


def beyond(node: Node, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How far x lies below and above the box of a node, per dimension."""
    low, high = box(node)
    nothing = np.zeros_like(x)
    return np.maximum(low - x, nothing), np.maximum(x - high, nothing)


def total(values: np.ndarray) -> float:
    """float32 sum in the kernels' order: value i goes to lane i mod LANES, then the lanes are added by halves."""
    lanes = np.zeros(LANES, np.float32)
    for i, value in enumerate(values):
        lanes[i % LANES] += value
    while len(lanes) > 1:
        half = len(lanes) // 2
        lanes = lanes[:half] + lanes[half:]
    return float(lanes[0])


def insert(node: Node | None, sample: Sample, seed: int, bucket_size: int, depth: int = 0) -> Node:
    """Draw a cut of the box that would also hold the sample; where it isolates the sample, it becomes a new branch.

    Otherwise the cut that is there stays, and the sample goes on down, to a bucket or to its equals.
    """
    if node is None:
        return Leaf([sample])
    x, draw = sample.x, uniform(bits(seed, sample.seq, 1 + depth))
    if isinstance(node, Leaf) and (len(node.samples) <= bucket_size or holds(node, x)):
        return bucket([*node.samples, sample], draw, bucket_size)
    low, high = box(node)
    below, above = beyond(node, x)
    overflow = total(below + above)
    reach = draw * (overflow + total(high - low))
    if reach < overflow:
        dim, cut = cut_beyond(low, high, x, reach)
        new = Leaf([sample])
        return Branch(dim, cut, new, node) if x[dim] <= cut else Branch(dim, cut, node, new)
    assert isinstance(node, Branch)
    if x[node.dim] <= node.cut:
        node.left = insert(node.left, sample, seed, bucket_size, depth + 1)
    else:
        node.right = insert(node.right, sample, seed, bucket_size, depth + 1)
    return node


def bucket(samples: list[Sample], draw: float, bucket_size: int) -> Node:
    """A leaf, or two where there are too many samples for one and they are not all equal."""
    low, high = box(Leaf(samples))
    if len(samples) <= bucket_size or np.array_equal(low, high):
        return Leaf(samples)
    dim, cut = cut_within(low, high, draw * total(high - low))
    return Branch(dim, cut, *map(Leaf, parted(samples, dim, cut)))


def parted(samples: list[Sample], dim: int, cut: float) -> tuple[list[Sample], list[Sample]]:
    return [s for s in samples if s.x[dim] <= cut], [s for s in samples if s.x[dim] > cut]


def cut_within(low: np.ndarray, high: np.ndarray, reach: float) -> tuple[int, np.float32]:
    """The cut at `reach` along the sides of a box, laid end to end."""
    dims = [i for i in range(len(low)) if low[i] < high[i]]
    for i in dims:
        length = float(high[i]) - float(low[i])
        if reach < length or i == dims[-1]:
            cut = np.float32(float(low[i]) + min(reach, length))
            # Rounding to float32 may reach the high end, where nothing would be to the right.
            return i, cut if low[i] <= cut < high[i] else low[i]
        reach -= length
    raise AssertionError("the box has no side")


def cut_beyond(
    low: np.ndarray, high: np.ndarray, x: np.ndarray, reach: float
) -> tuple[int, np.float32]:
    """The cut at `reach` along the parts of x that stick out of the box, laid end to end."""
    gaps = [
        (i, min(x[i], high[i]), max(x[i], low[i]))
        for i in range(len(x))
        if not low[i] <= x[i] <= high[i]
    ]
    for i, start, end in gaps:
        length = float(end) - float(start)
        if reach < length or i == gaps[-1][0]:
            cut = np.float32(float(start) + min(reach, length))
            return i, cut if start <= cut < end else start
        reach -= length
    raise AssertionError("x lies inside the box")


def delete(node: Node, seq: int, bucket_size: int) -> Node | None:
    """The sibling of a leaf that goes takes the place of their parent; what fits a bucket becomes one."""
    if isinstance(node, Leaf):
        kept = [sample for sample in node.samples if sample.seq != seq]
        return Leaf(kept) if kept else None
    if seq in [sample.seq for sample in samples_of(node.left)]:
        left, right = delete(node.left, seq, bucket_size), node.right
    else:
        left, right = node.left, delete(node.right, seq, bucket_size)
    if left is None or right is None:
        return left or right
    node.left, node.right = left, right
    if mass(node) <= bucket_size:
        return Leaf(sorted(samples_of(node), key=lambda sample: sample.seq))
    return node


# The cuts within buckets


def whole(node: Node, seed: int) -> Node:
    """The tree with the cuts within its buckets, so that each leaf holds equal samples."""
    if isinstance(node, Leaf):
        return drawn(node.samples, bucket_word(node.samples, seed))
    return Branch(node.dim, node.cut, whole(node.left, seed), whole(node.right, seed))


def bucket_word(samples: list[Sample], seed: int) -> int:
    """The random bits of a bucket's first cut: a function of its points, whatever their order."""
    first, last = (sum(int(s.x[i].view(np.uint32)) for s in samples) for i in (0, -1))
    return mix(seed ^ ((last * M1 + first * M2) * GOLDEN & WORD))


def drawn(samples: list[Sample], word: int) -> Node:
    """Cut after cut until all samples of a part are equal; each side of a cut has random bits of its own."""
    low, high = box(Leaf(samples))
    if np.array_equal(low, high):
        return Leaf(samples)
    dim, cut = cut_within(low, high, uniform(word) * total(high - low))
    left, right = parted(samples, dim, cut)
    to_left, to_right = mix(word + GOLDEN & WORD), mix(word + M1 & WORD)
    return Branch(dim, cut, drawn(left, to_left), drawn(right, to_right))


def way_to(node: Node, x: np.ndarray) -> list[Node]:
    """The nodes from the root to the leaf where x belongs."""
    if isinstance(node, Leaf):
        return [node]
    return [node, *way_to(node.left if x[node.dim] <= node.cut else node.right, x)]


def holds(node: Node, x: np.ndarray) -> bool:
    return any(np.array_equal(sample.x, x) for sample in samples_of(node))


# What a tree says of a point: of a whole one, but for near neighbours


def score(root: Node, x: np.ndarray) -> float:
    """1 / (depth + 1) of where x would be isolated, in expectation; times log2(mass + 1) of the tree."""
    size = mass(root)

    def expected(node: Node, depth: int) -> float:
        if isinstance(node, Leaf):
            if holds(node, x):
                m = mass(node)
                return (1 - m / (2 * size)) / (depth + math.log2(m + 1))
            return 1 / (depth + 1)
        p = isolation(node, x)
        child = node.left if x[node.dim] <= node.cut else node.right
        return p / (depth + 1) + (1 - p) * expected(child, depth + 1)

    return expected(root, 0) * math.log2(size + 1)


def isolation(node: Node, x: np.ndarray) -> float:
    """How likely a random cut of the box that would also hold x isolates x from the node."""
    low, high = box(node)
    overflow = float(np.sum(np.add(*beyond(node, x)), dtype=np.float64))
    extent = float(np.sum(high - low, dtype=np.float64))
    return overflow / (overflow + extent) if overflow > 0 else 0.0


def attribute(root: Node, x: np.ndarray) -> np.ndarray:
    """Shares (2, dimensions) of the score: x too low, x too high."""
    target, way = score(root, x), way_to(root, x)
    if not holds(way[-1], x):
        return blend(way, x) * math.log2(mass(root) + 1)
    if len(way) == 1:
        return np.full((2, len(x)), target / (2 * len(x)))
    # The tree without the points equal to x, as far down as the sibling of their leaf, which counts as a leaf.
    others = [[s for s in samples_of(node) if not np.array_equal(s.x, x)] for node in way[:-1]]
    shares = blend([Leaf(samples) for samples in others], x)
    return shares * target / shares.sum()


def blend(way: list[Node], x: np.ndarray) -> np.ndarray:
    """The recursion of the score, kept apart by dimension and direction; at the last node, isolation is certain."""
    shares = np.zeros((2, len(x)))
    for depth in reversed(range(len(way))):
        gaps = np.array(beyond(way[depth], x), np.float64)
        if gaps.sum() > 0:
            p = 1.0 if depth == len(way) - 1 else isolation(way[depth], x)
            shares = p * gaps / gaps.sum() / (depth + 1) + (1 - p) * shares
    return shares


def displacement(root: Node, x: np.ndarray) -> float:
    """Expected CoDisp: really insert x at each place where it may go, and weigh what each tree says."""
    way, expected, still_below = way_to(root, x), 0.0, 1.0
    for depth, node in enumerate(way):
        if isinstance(node, Leaf):
            return expected + still_below * codisp(with_leaf_at(root, x, depth), x)
        p = isolation(node, x)
        expected += still_below * p * codisp(with_leaf_at(root, x, depth), x)
        still_below *= 1 - p
    raise AssertionError("every way ends at a leaf")


def with_leaf_at(root: Node, x: np.ndarray, depth: int) -> Node:
    """A copy of the tree with x beside the node at `depth` of its way, or in the leaf there that equals it."""
    root = copy.deepcopy(root)
    way, new = way_to(root, x), Sample(-1, x)
    place = way[depth]
    if isinstance(place, Leaf) and holds(place, x):
        place.samples.append(new)
        return root
    # Which side x goes to does not matter for masses.
    branch = Branch(0, np.float32(0), Leaf([new]), place)
    if depth == 0:
        return branch
    parent = way[depth - 1]
    assert isinstance(parent, Branch)
    if parent.left is place:
        parent.left = branch
    else:
        parent.right = branch
    return root


def codisp(root: Node, x: np.ndarray) -> float:
    """The greatest sibling mass over own mass on the way up from sample -1."""
    if isinstance(root, Leaf):
        return 0.0
    own, sibling = root.left, root.right
    if -1 not in [sample.seq for sample in samples_of(own)]:
        own, sibling = sibling, own
    return max(mass(sibling) / mass(own), codisp(own, x))


def near_candidates(
    node: Node, x: np.ndarray, missing: np.ndarray, bucket_size: int
) -> list[Sample]:
    """The samples of each leaf that x may belong to, left to right; of equal ones the first."""
    if isinstance(node, Leaf):
        return node.samples if len(node.samples) <= bucket_size else node.samples[:1]
    sides = [node.left] if x[node.dim] <= node.cut else [node.right]
    if missing[node.dim]:
        sides = [node.left, node.right]
    return [s for side in sides for s in near_candidates(side, x, missing, bucket_size)]


def near_neighbour(
    candidates: list[Sample], x: np.ndarray, missing: np.ndarray, word: int
) -> Sample:
    """The nearest candidate by L1 distance in the known dimensions, and a random one of equally near ones."""
    chosen, nearest, equals = candidates[0], math.inf, 0
    for candidate in candidates:
        distance = sum(float(d) for d in np.abs(candidate.x - x)[~missing])
        if distance < nearest:
            chosen, nearest, equals = candidate, distance, 1
        elif distance == nearest:
            equals += 1
            word = mix(word + GOLDEN & WORD)
            if int(uniform(word) * equals) == 0:
                chosen = candidate
    return chosen
