"""Which points each tree of a forest holds, told plainly: priorities are whole numbers of any length, kept for ever.

Efraimidis & Spirakis 2006: Weighted Random Sampling with a Reservoir. The trees themselves are in tests/naive.py.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np

from tests.naive import Node, Sample, bits, delete, insert, tree_seed, uniform

UNIT = 2**32
"""A priority counts in units of 1 / UNIT."""
ROWS, COLUMNS = 54, 256


def log_exponential(u: float) -> float:
    """ln(Exp(1)), where Exp(1) = -ln(1 - u)."""
    return math.log(-math.log1p(-u))


@cache
def tabulated(row: int, column: int) -> int:
    """It at 2**-row * (1/2 + column/512), in units, and short of infinity."""
    v = 2.0**-row * (0.5 + column / (2 * COLUMNS))
    return round(log_exponential(min(v, 1 - 2.0**-12)) * UNIT)


def draw(seed: int, seq: int) -> int:
    """The random part of a priority, in units, interpolated between tabulated values."""
    u = max(uniform(bits(seed, seq, 0)), 2.0**-53)
    mantissa, exponent = math.frexp(u)
    place = (mantissa - 0.5) * 2 * COLUMNS
    column = math.floor(place)
    low, high = tabulated(-exponent, column), tabulated(-exponent, column + 1)
    return int(low + (high - low) * (place - column))


class Fading:
    """How much later points gain on earlier ones, by marks: from a number on, so much, and so much more a point.

    Some points have a weight of their own beside.
    """

    def __init__(self, decay: int) -> None:
        self.marks = [(0, 0, decay)]
        self.weights: dict[int, int] = {}

    def __call__(self, seq: int) -> int:
        start, faded, decay = next(mark for mark in reversed(self.marks) if mark[0] <= seq)
        return faded + decay * (seq - start) + self.weights.get(seq, 0)

    @property
    def decay(self) -> int:
        return self.marks[-1][2]

    def change(self, seq: int, decay: int) -> None:
        """From point `seq` on, fade so much a point."""
        faded = self(seq) - self.weights.get(seq, 0)
        self.marks.append((seq, faded, decay))


class Reservoir:
    """The samples of smallest priority, by sequence number; once full, nothing worse than `bound` comes in again."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.held: dict[int, int] = {}
        self.bound: float = math.inf

    def offer(self, rank: int, seq: int) -> tuple[bool, int | None]:
        """(whether it is taken, which sequence number it drives out)."""
        if rank >= self.bound:
            return False, None
        evicted = None
        if len(self.held) == self.capacity:
            evicted = max(self.held, key=self.held.__getitem__)
            del self.held[evicted]
        self.held[seq] = rank
        if len(self.held) == self.capacity:
            self.bound = max(self.held.values())
        return True, evicted

    def forget(self, seq: int) -> bool:
        """Whether it was held; its place stays free until a point comes that is good enough."""
        return self.held.pop(seq, None) is not None


class Forest:
    """Trees of one key over shingles of its records; a point's number is that of its first record."""

    def __init__(
        self,
        n_trees: int,
        sample_size: int,
        shingle_size: int,
        seed: int,
        decay: int,
        bucket_size: int,
        seen: int = 0,
    ) -> None:
        self.shingle_size, self.bucket_size, self.seen = shingle_size, bucket_size, seen
        self.fading = Fading(decay)
        self.seeds = [tree_seed(seed, tree) for tree in range(n_trees)]
        self.reservoirs = [Reservoir(sample_size) for _ in range(n_trees)]
        self.trees: list[Node | None] = [None] * n_trees
        self.recent: list[np.ndarray] = []

    @property
    def next(self) -> int:
        """The number of the next point."""
        return max(self.seen + 1 - self.shingle_size, 0)

    def learn(self, record: np.ndarray, offered: bool = True) -> None:
        """Take the next record in; unless learning is paused, offer its shingle to all trees."""
        seq = self.next
        self.seen += 1
        zero = np.float32(0)
        self.recent = [*self.recent, np.asarray(record, np.float32) + zero][-self.shingle_size :]
        if len(self.recent) < self.shingle_size or not offered:
            return
        sample = Sample(seq, np.concatenate(self.recent))
        for tree, seed in enumerate(self.seeds):
            rank = draw(seed, seq) - self.fading(seq)
            taken, evicted = self.reservoirs[tree].offer(rank, seq)
            root = self.trees[tree]
            if evicted is not None and root is not None:
                root = delete(root, evicted, self.bucket_size)
            self.trees[tree] = insert(root, sample, seed, self.bucket_size) if taken else root

    def unlearn(self, seq: int) -> int:
        """Take a point out of all trees that hold it; how many did."""
        held = [tree for tree, reservoir in enumerate(self.reservoirs) if reservoir.forget(seq)]
        for tree in held:
            root = self.trees[tree]
            assert root is not None
            self.trees[tree] = delete(root, seq, self.bucket_size)
        return len(held)
