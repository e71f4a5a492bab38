"""What a recommender tells about what it has learned."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.recommend.records import ItemData


class Evaluation(NamedTuple):
    """How well the interactions of one call were foreseen, each before it was learned."""

    ranks: NDArray[np.float64]
    """(interactions,): place of the item among all that could be recommended, from 1, ties at their mean; infinite
    where it could not have been recommended; NaN where it was not ranked."""


class Population(NamedTuple):
    """Who is remembered."""

    users: int
    items: int
    evicted: int
    """Users and items that were idle too long, or had to make room, since this recommender was made."""


class Visit(NamedTuple):
    """One interaction of a user's history."""

    item: str
    kind: int
    weight: float
    time: float
    """Seconds since the epoch."""


class UserState(NamedTuple):
    """What is known of a user."""

    user: str
    interactions: int
    """Learned from so far, forgotten ones included."""
    history: tuple[Visit, ...]
    """Those remembered, newest first."""


class ItemState(NamedTuple):
    """What is known of an item."""

    item: str
    interactions: int
    """Learned from so far."""
    data: ItemData
