"""The forest told as its papers tell it: recursive, pointer by pointer, every box made anew from its points.

Slow and obvious on purpose: the tests compare each kernel with the function of the same name here.

Guha, Mishra, Roy & Schrijvers 2016: Robust Random Cut Forest Based Anomaly Detection on Streams (insertion, deletion).
Efraimidis & Spirakis 2006: Weighted Random Sampling with a Reservoir (priorities).
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


def priority(seed: int, seq: int, decay: float) -> float:
    """ln(Exp(1)) - decay * seq, where Exp(1) = -ln(1 - u)."""
    u = max(uniform(bits(seed, seq, 0)), 2.0**-53)
    return math.log(-math.log1p(-min(u, 1.0 - 2.0**-12))) - decay * seq


# Trees


class Sample(NamedTuple):
    """One point in the reservoir of one tree."""

    seq: int
    x: np.ndarray


@dataclass(eq=False)
class Leaf:
    """One sample, or several of equal value, in the order in which they came."""

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


def random_cut_tree(samples: list[Sample], rng: np.random.Generator) -> Node:
    """A tree built at once: a dimension by side length, a cut uniform in its side, and so on for both parts."""
    leaf = Leaf(samples)
    low, high = box(leaf)
    if np.array_equal(low, high):
        return leaf
    dim = int(rng.choice(len(low), p=(high - low) / np.sum(high - low)))
    cut = rng.uniform(low[dim], high[dim])
    left = [sample for sample in samples if sample.x[dim] <= cut]
    right = [sample for sample in samples if sample.x[dim] > cut]
    return Branch(dim, cut, random_cut_tree(left, rng), random_cut_tree(right, rng))


def insert(node: Node | None, sample: Sample, seed: int, depth: int = 0) -> Node:
    """Draw a cut of the box that would also hold the sample; where it isolates the sample, it becomes a new branch.

    Otherwise the cut that is there stays, and the sample goes on down.
    """
    if node is None:
        return Leaf([sample])
    x = sample.x
    below, above = beyond(node, x)
    overflow = total(below + above)
    if isinstance(node, Leaf) and overflow == 0.0:
        node.samples.append(sample)
        return node
    low, high = box(node)
    reach = uniform(bits(seed, sample.seq, 1 + depth)) * (overflow + total(high - low))
    if reach < overflow:
        dim, cut = cut_beyond(low, high, x, reach)
        new = Leaf([sample])
        return Branch(dim, cut, new, node) if x[dim] <= cut else Branch(dim, cut, node, new)
    assert isinstance(node, Branch)
    if x[node.dim] <= node.cut:
        node.left = insert(node.left, sample, seed, depth + 1)
    else:
        node.right = insert(node.right, sample, seed, depth + 1)
    return node


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


def delete(node: Node, seq: int) -> Node | None:
    """The sibling of a leaf that goes takes the place of their parent."""
    if isinstance(node, Leaf):
        node.samples = [sample for sample in node.samples if sample.seq != seq]
        return node if node.samples else None
    if seq in [sample.seq for sample in samples_of(node.left)]:
        left = delete(node.left, seq)
        if left is None:
            return node.right
        node.left = left
    else:
        right = delete(node.right, seq)
        if right is None:
            return node.left
        node.right = right
    return node


def way_to(node: Node, x: np.ndarray) -> list[Node]:
    """The nodes from the root to the leaf where x belongs."""
    if isinstance(node, Leaf):
        return [node]
    return [node, *way_to(node.left if x[node.dim] <= node.cut else node.right, x)]


def holds(node: Node, x: np.ndarray) -> bool:
    return any(np.array_equal(sample.x, x) for sample in samples_of(node))


# What a tree says of a point


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


def near_candidates(node: Node, x: np.ndarray, missing: np.ndarray) -> list[Sample]:
    """The first sample of each leaf that x may belong to, left to right."""
    if isinstance(node, Leaf):
        return node.samples[:1]
    if missing[node.dim]:
        both = near_candidates(node.left, x, missing), near_candidates(node.right, x, missing)
        return [*both[0], *both[1]]
    return near_candidates(node.left if x[node.dim] <= node.cut else node.right, x, missing)


def near_neighbours(root: Node, x: np.ndarray, missing: np.ndarray) -> list[Sample]:
    """The nearest candidates by L1 distance in the known dimensions; equally near ones are equally good."""
    candidates = near_candidates(root, x, missing)
    known = [float(np.sum(np.abs(c.x - x)[~missing], dtype=np.float64)) for c in candidates]
    return [c for c, distance in zip(candidates, known, strict=True) if distance == min(known)]


# Reservoirs and forests


class Reservoir:
    """The samples of smallest priority, in a sorted list of (priority, sequence number)."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.held: list[tuple[int, int]] = []

    def offer(self, rank: int, seq: int) -> tuple[bool, int | None]:
        """(whether it is taken, which sequence number it drives out)."""
        if len(self.held) < self.capacity:
            self.held = sorted([*self.held, (rank, seq)])
            return True, None
        if rank >= self.held[-1][0]:
            return False, None
        _, evicted = self.held.pop()
        self.held = sorted([*self.held, (rank, seq)])
        return True, evicted


class Forest:
    """Trees of one key over shingles of its records; `rank(tree seed, sequence number)` gives priorities."""

    def __init__(self, n_trees: int, sample_size: int, shingle_size: int, seed: int, rank) -> None:
        self.shingle_size, self.rank, self.seq = shingle_size, rank, 0
        self.seeds = [tree_seed(seed, tree) for tree in range(n_trees)]
        self.reservoirs = [Reservoir(sample_size) for _ in range(n_trees)]
        self.trees: list[Node | None] = [None] * n_trees
        self.records: list[np.ndarray] = []

    def learn(self, record: np.ndarray) -> None:
        self.records.append(np.asarray(record, np.float32))
        if len(self.records) < self.shingle_size:
            return
        sample = Sample(self.seq, np.concatenate(self.records[-self.shingle_size :]))
        for tree, seed in enumerate(self.seeds):
            taken, evicted = self.reservoirs[tree].offer(self.rank(seed, self.seq), self.seq)
            root = self.trees[tree]
            if evicted is not None and root is not None:
                root = delete(root, evicted)
            self.trees[tree] = insert(root, sample, seed) if taken else root
        self.seq += 1
