"""Where candidates come from: models asked one after another, until an answer is full."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np

from models.compiled import Doubles, Flags, Ints


class Candidates(NamedTuple):
    """Items with scores, best first."""

    rows: Ints
    scores: Doubles


NONE = Candidates(np.empty(0, np.int64), np.empty(0))


class Source(Protocol):
    """What knows which items are good for one request.

    A chain of them answers it: the next one is asked for what the one before could not give. For somebody of whom
    nothing is known: the running session's items, then what is trending in the segment, then what is trending at all.
    """

    @property
    def name(self) -> str:
        """What stands as the source of its items."""

    def best(self, allowed: Flags, excluded: Ints, most: int) -> Candidates:
        """The best items, at most so many, whose row is allowed and not excluded."""

    def score(self, rows: Ints) -> Doubles:
        """(n,): scores of some rows; not a number, or -inf, for those that it has nothing to say of."""

    def because(self, row: int) -> int:
        """The row of the user's own item that led most to this one; -1: none."""
