"""Who has been champion from which offset on."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Sequence
from operator import itemgetter
from typing import NamedTuple


class Reign(NamedTuple):
    """That a model was promoted."""

    offset: int
    """Of the control record; the model answers from the next record on."""
    model: str


class Champions:
    """The promotions in one partition of the log, oldest first.

    A replay begins at an older record than the last, so it has to be known who was champion there.

    first: the champion before any promotion. models: those there are; promotions of others, which
    an older configuration had, count for nothing.
    """

    def __init__(self, first: str, models: Collection[str]) -> None:
        self._first = first
        self._models = models
        self._reigns: list[Reign] = []

    def __len__(self) -> int:
        return len(self._reigns)

    def at(self, offset: int) -> str:
        """The model whose answer is the prediction for the record at `offset`."""
        place = bisect_left(self._reigns, offset, key=itemgetter(0))
        return self._reigns[place - 1].model if place else self._first

    def latest(self) -> str:
        """The model whose answer the next prediction is."""
        return self._reigns[-1].model if self._reigns else self._first

    def promote(self, offset: int, model: str) -> None:
        """Note a promotion; its offset is above those before."""
        self._reigns.append(Reign(offset, model))

    def state(self) -> list[Reign]:
        """Every promotion."""
        return list(self._reigns)

    def restore(self, reigns: Sequence[tuple[int, str]]) -> None:
        """Put others in the place of all promotions."""
        self._reigns = [Reign(*reign) for reign in reigns if reign[1] in self._models]
