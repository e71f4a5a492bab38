"""Made-up users who like made-up films: for a demo without a file of ratings.

Every user has a few genres that he likes; every film has one or two, a quality, and a day on which it comes out. What
is watched follows taste and quality, and new films are watched most, so what is popular drifts. Seeded: the same
numbers on every machine. Results on it say nothing about real people.
"""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from stream.demo.ratings import Item, Rating

GENRES = (
    "Action", "Animation", "Comedy", "Crime", "Documentary", "Drama", "Horror", "Romance",
    "Sci-Fi", "Western",
)  # fmt: skip
START = int(datetime(2024, 1, 1, tzinfo=UTC).timestamp())
STEP = 300
"""Seconds from one event to the next."""
FAVOURITES = (0.6, 0.25, 0.1)
"""Chances of a user's first, second and third genre; the rest is shared by all."""
LIKES = 0.75
"""Chance that what was watched is liked."""


def simulate(
    events: int = 8_000, users: int = 800, items: int = 600, seed: int = 7
) -> tuple[list[Item], list[Rating]]:
    """Films and ratings, each by time. Nobody watches a film twice."""
    rng = np.random.default_rng(seed)
    end = events * STEP
    genres = np.zeros((items, len(GENRES)), dtype=np.bool_)
    genres[np.arange(items), rng.integers(len(GENRES), size=items)] = True
    genres[np.arange(items), rng.integers(len(GENRES), size=items)] = True
    born = np.sort(np.where(rng.random(items) < 0.4, 0.0, rng.random(items) * end))
    quality = np.exp(rng.normal(0.0, 1.0, items))
    tastes = _tastes(rng, users)
    active = 1.0 / np.arange(1, users + 1) ** 0.6
    who = rng.choice(users, events, p=active / active.sum())
    seen = np.zeros((users, items), dtype=np.bool_)
    ratings = []
    for event, (user, draw, mood) in enumerate(
        zip(who, rng.random(events), rng.random(events), strict=True)
    ):
        age = event * STEP - born
        appeal = np.where(age >= 0.0, quality * np.exp2(-np.maximum(age, 0.0) / (0.15 * end)), 0.0)
        weights = np.where(seen[user], 0.0, appeal * (genres @ tastes[user]))
        ahead = np.cumsum(weights)
        if ahead[-1] == 0.0:  # he has seen them all
            continue
        item = int(np.searchsorted(ahead, draw * ahead[-1], side="right"))
        seen[user, item] = True
        liked = bool(mood < LIKES)
        ratings.append(
            Rating(f"u{user}", f"f{item}", 5.0 if liked else 2.0, START + event * STEP, liked)
        )
    return [_film(n, genres[n], int(born[n])) for n in range(items)], ratings


def _tastes(rng: np.random.Generator, users: int) -> NDArray[np.float64]:
    """(users, genres): how much each user likes each genre; rows sum to 1."""
    rest = (1.0 - sum(FAVOURITES)) / len(GENRES)
    tastes = np.full((users, len(GENRES)), rest)
    for user in range(users):
        tastes[user, rng.permutation(len(GENRES))[: len(FAVOURITES)]] += FAVOURITES
    return tastes


def _film(number: int, genres: NDArray[np.bool_], born: int) -> Item:
    named = tuple(name for name, has in zip(GENRES, genres, strict=True) if has)
    return Item(f"f{number}", f"Film {number}", named, 2024, START + born)
