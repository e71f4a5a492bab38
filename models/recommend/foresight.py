"""Ranking interactions before they are learned."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from models.compiled import Flags, Ints
from models.recommend.records import Interaction
from models.recommend.serving.asked import Asked
from models.recommend.serving.sources import Source
from models.recommend.store.store import Store

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
M1 = np.uint64(0xBF58476D1CE4E5B9)
M2 = np.uint64(0x94D049BB133111EB)


class Foreseen(NamedTuple):
    """How one interaction was ranked."""

    rank: float
    """From 1, ties at their mean; infinite where the item could not have been recommended."""
    answer: Ints
    """Rows of the best items, as many as were asked for."""
    counts: tuple[int, int]
    """Interactions that its user and its item had before."""
    popularity: Ints
    """Interactions that each item of the answer had, and last of all those of all items together."""


def chosen(seed: int, sequence: int, n: int, share: float) -> Flags:
    """(n,): which of the operations from `sequence` on are ranked; each with probability `share`."""
    z = np.arange(sequence, sequence + n, dtype=np.uint64) * GOLDEN + np.uint64(seed)
    z = (z ^ (z >> np.uint64(30))) * M1
    z = (z ^ (z >> np.uint64(27))) * M2
    z ^= z >> np.uint64(31)
    return (z >> np.uint64(11)).astype(np.float64) * 2.0**-53 < share


def place(asked: Asked, source: Source, item: int, rows: Ints, k: int) -> tuple[float, Ints]:
    """Where an item stands among all living `rows` that may be served, and the best k of them; -1: not known yet."""
    candidates = asked.without(rows)
    scores = source.score(candidates)
    scores = np.where(np.isnan(scores), -np.inf, scores)
    best = candidates[np.argsort(-scores, kind="stable")[:k]]
    at = np.flatnonzero(candidates == item)
    if not len(at):
        return np.inf, best
    own = scores[at[0]]
    above = np.count_nonzero(scores > own)
    ties = np.count_nonzero(scores == own) - 1
    return 1.0 + above + ties / 2.0, best


def popularity(store: Store, answer: Ints) -> Ints:
    """Interactions of each of these items, and last of all of them together."""
    return np.append(store.items.interactions[answer], store.interactions)


def counts(store: Store, interaction: Interaction) -> tuple[int, int]:
    """Interactions that its user and its item had so far."""
    user, item = store.users.row(interaction.user), store.items.row(interaction.item)
    return (
        int(store.users.interactions[user]) if user >= 0 else 0,
        int(store.items.interactions[item]) if item >= 0 else 0,
    )
