"""Which slots keep their boxes: those that are used most, within a budget."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

PERIOD = 1024
"""Records between two looks at which slots are used most."""

FADING = 0.5
"""What is left, from one look to the next, of how much a slot was used."""

CHANGES = 8
"""Slots at most that get boxes at one look: making them takes about as long as scoring some ten records."""


class BoxPool:
    """Counts how much each slot is used, and shares out a budget of bytes; it never changes a result."""

    def __init__(self, budget: int) -> None:
        self.budget = budget
        self._used = np.zeros(0)
        self._since = 0
        self._holders: dict[int, int] = {}

    @property
    def held(self) -> int:
        """Bytes shared out."""
        return sum(self._holders.values())

    def use(
        self, slots: NDArray[np.int64], n_slots: int, nbytes: Callable[[int], int]
    ) -> tuple[list[int], list[int]]:
        """Note the use of slots (n,); returns (slots that lose their boxes, slots that get some)."""
        if self.budget <= 0 or not len(slots):
            return [], []
        used = np.bincount(slots, minlength=max(n_slots, len(self._used)))
        grown = used.astype(np.float64)
        grown[: len(self._used)] += self._used
        self._used = grown
        self._since += len(slots)
        if self._since < PERIOD:
            return [], []
        self._since = 0
        return self._share_out(nbytes)

    def forget(self, slot: int) -> None:
        """A slot was closed, or lost its boxes."""
        self._holders.pop(slot, None)
        if slot < len(self._used):
            self._used[slot] = 0.0

    def _share_out(self, nbytes: Callable[[int], int]) -> tuple[list[int], list[int]]:
        self._holders = {slot: nbytes(slot) for slot in self._holders}
        held = self.held
        losers: list[int] = []
        winners: list[int] = []
        coldest = sorted(self._holders, key=self._used.__getitem__)
        hottest = np.argsort(-self._used, kind="stable")[: len(self._holders) + CHANGES]
        for slot in (int(s) for s in hottest if self._used[s] >= 1.0):
            if slot in self._holders or len(winners) == CHANGES:
                continue
            size = nbytes(slot)
            # Twice as much use as the one that must go, or the two would change places again and again.
            while held + size > self.budget and coldest:
                if 2.0 * self._used[coldest[0]] > self._used[slot]:
                    break
                loser = coldest.pop(0)
                held -= self._holders.pop(loser)
                losers.append(loser)
            if held + size > self.budget:
                break
            self._holders[slot] = size
            held += size
            winners.append(slot)
        self._used *= FADING
        return losers, winners
