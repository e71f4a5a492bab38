"""The running measures of a recommender, kept in its store."""

from __future__ import annotations

from math import log2

import numpy as np
from numpy.typing import NDArray

from models.compiled import Flags, Ints
from models.recommend.measures.measures import Measures, Scope
from models.recommend.measures.tally import Tally, doubled, halved, tally_of
from models.recommend.store.columns import NOBODY, Column
from models.recommend.store.store import Store

COLD_USER, COLD_ITEM = 1, 2
"""Bits of the groups that an interaction is in."""
_BIT = 2**-16
"""Unit in which self-information is summed."""


class Prequential:
    """Measures in total and over a window of ranked interactions.

    cutoff: the k of recall@k and nDCG@k, >= 1.
    window: how many ranked interactions the moving measures are over, >= 1.
    cold: users and items with fewer interactions than this are also measured apart, >= 1.
    """

    def __init__(self, store: Store, cutoff: int, window: int, cold: int = 5) -> None:
        self.cutoff, self.window, self.cold = cutoff, window, cold
        self._items = store.items
        self._shown = store.items.table("measures", Column("shown", np.uint8))
        self._state = store.whole.table(
            "measures",
            Column("ranked", np.int64),
            Column("tallies", np.int64, (3, len(Tally._fields))),
            # Bits and items that the answers of all time hold together.
            Column("information", np.int64, (2,)),
        )
        self._ring = store.slots(
            "measures",
            window,
            Column("rank", np.int32),
            Column("groups", np.uint8),
            Column("answer", np.int32, (cutoff,), fill=NOBODY),
            Column("bits", np.int64),
        )

    def observe(self, rank: float, answer: Ints, counts: tuple[int, int], popularity: Ints) -> None:
        """Take in one interaction, as it was ranked before it was learned.

        rank: of its item, from 1, ties at their mean; infinite where it could not have been recommended.
        answer: rows of the best `cutoff` items, or fewer.
        counts: interactions that its user and its item had before.
        popularity: (items in the answer,) interactions that each of these had, and last of all items together.
        """
        state = self._state
        groups = COLD_USER * (counts[0] < self.cold) | COLD_ITEM * (counts[1] < self.cold)
        tally = tally_of(rank, self.cutoff)
        for index, member in enumerate(_memberships(groups)):
            if member:
                state["tallies"][0, index] += tally
        bits = _information(popularity)
        state["information"][0] += (bits, len(answer))
        self._shown["shown"][answer] = 1
        self._shown.dirty[answer] = 1
        ring, place = self._ring, int(state["ranked"][0]) % self.window
        ring["rank"][place] = doubled(rank)
        ring["groups"][place] = groups
        ring["answer"][place] = NOBODY
        ring["answer"][place, : len(answer)] = answer
        ring["bits"][place] = bits
        ring.dirty[place] = 1
        state["ranked"][0] += 1
        state.dirty[0] = 1

    def measures(self) -> Measures:
        """The measures as they are now."""
        return Measures(self.cutoff, self.cold, self._total(), self._lately())

    def _total(self) -> Scope:
        state = self._state
        everything, users, items = (Tally(*row) for row in state["tallies"][0].tolist())
        bits, shown = state["information"][0].tolist()
        alive = self._items.alive()
        return Scope(
            everything,
            users,
            items,
            items_shown=int(np.count_nonzero(self._shown["shown"][alive])),
            items=len(alive),
            novelty=bits * _BIT / shown if shown else None,
        )

    def _lately(self) -> Scope:
        ring, held = self._ring, min(int(self._state["ranked"][0]), self.window)
        ranks, groups = ring["rank"][:held], ring["groups"][:held]
        answers = ring["answer"][:held]
        rows = answers[answers != NOBODY]
        bits = int(ring["bits"][:held].sum())
        return Scope(
            self._sum(ranks),
            self._sum(ranks[groups & COLD_USER > 0]),
            self._sum(ranks[groups & COLD_ITEM > 0]),
            items_shown=int(np.count_nonzero(self._alive()[np.unique(rows)])),
            items=len(self._items),
            novelty=bits * _BIT / len(rows) if len(rows) else None,
        )

    def _sum(self, ranks: NDArray[np.int32]) -> Tally:
        total = Tally()
        for stored, times in zip(*np.unique(ranks, return_counts=True), strict=True):
            one = tally_of(halved(int(stored)), self.cutoff)
            total = total.merged(Tally(*(int(times) * part for part in one)))
        return total

    def _alive(self) -> Flags:
        flags = np.zeros(self._items.extent, np.bool_)
        flags[self._items.alive()] = True
        return flags


def _memberships(groups: int) -> tuple[bool, bool, bool]:
    return True, bool(groups & COLD_USER), bool(groups & COLD_ITEM)


def _information(popularity: Ints) -> int:
    """Sum of -log2(count / all), in units of 2**-16; one that nobody touched counts as touched once."""
    everything = max(int(popularity[-1]), 1)
    return sum(
        round(log2(everything / min(max(count, 1), everything)) / _BIT)
        for count in popularity[:-1].tolist()
    )
