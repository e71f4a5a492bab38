"""Sums over ranked interactions, in whole numbers: exact, so that neither batches nor merging change them."""

from __future__ import annotations

from functools import lru_cache
from math import inf, isinf, log2
from typing import NamedTuple

from models.errors import InvalidParameter

ONE = 2**32
"""1.0 as a whole number."""


class Tally(NamedTuple):
    """Sums over `tests` interactions, each with one relevant item."""

    tests: int = 0
    hits: int = 0
    """How often the item was among the first k."""
    gain: int = 0
    """Sum of 1 / log2(1 + rank) of those hits, in units of 2**-32."""
    reciprocal: int = 0
    """Sum of 1 / rank, however low the rank, in units of 2**-32."""

    @property
    def recall(self) -> float | None:
        """The share of interactions whose item was among the first k; None without tests."""
        return self.hits / self.tests if self.tests else None

    @property
    def ndcg(self) -> float | None:
        """Normalised discounted cumulative gain at k (Jarvelin & Kekalainen 2002): with one relevant item, its gain."""
        return self.gain / (ONE * self.tests) if self.tests else None

    @property
    def mrr(self) -> float | None:
        """Mean reciprocal rank, over all ranks."""
        return self.reciprocal / (ONE * self.tests) if self.tests else None

    def merged(self, other: Tally) -> Tally:
        """Both together, as if one had seen all."""
        return Tally(*(a + b for a, b in zip(self, other, strict=True)))


@lru_cache(maxsize=4_096)
def tally_of(rank: float, cutoff: int) -> Tally:
    """One interaction whose item was at `rank` (from 1, ties at their mean, infinite where not at all)."""
    if not rank >= 1.0:
        raise InvalidParameter("rank", "an interaction", "at least 1", rank)
    if isinf(rank):
        return Tally(1)
    hit = rank <= cutoff
    return Tally(1, int(hit), round(ONE / log2(1.0 + rank)) if hit else 0, round(ONE / rank))


def doubled(rank: float) -> int:
    """The rank as a whole number of halves; 0 for an infinite one."""
    return 0 if rank == inf else round(2.0 * rank)


def halved(stored: int) -> float:
    """The rank that `doubled` made it from."""
    return stored / 2.0 if stored else inf
