"""Ratings in MovieTweetings' or MovieLens' format as a stream of interactions."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.recommend.records import Interaction, ItemData


class Ratings(NamedTuple):
    """What users liked, in the order of time; users and items numbered by their first appearance."""

    users: NDArray[np.int64]
    items: NDArray[np.int64]
    times: NDArray[np.float64]
    names: list[str]
    """Of the items."""
    data: dict[str, ItemData]

    def interaction(self, event: int) -> Interaction:
        """One event as the recommender takes it."""
        user, item = f"u{self.users[event]}", self.names[self.items[event]]
        return Interaction(user, item, 0, 1.0, float(self.times[event]))

    @property
    def first_test(self) -> int:
        """The first 20 % and the next 10 % are only learned."""
        return len(self.users) * 3 // 10


def ratings_in(folder: Path, least: float) -> Ratings:
    """The ratings of at least `least` in ratings.dat (user::item::rating::time), with what movies.dat says of items."""
    rows = []
    for line in (folder / "ratings.dat").read_text(encoding="utf-8").splitlines():
        user, item, rating, time = line.split("::")
        if float(rating) >= least:
            rows.append((float(time), user, item))
    rows.sort(key=lambda row: row[0])
    users: dict[str, int] = {}
    items: dict[str, int] = {}
    return Ratings(
        users=np.array([users.setdefault(user, len(users)) for _, user, _ in rows]),
        items=np.array([items.setdefault(item, len(items)) for _, _, item in rows]),
        times=np.array([time for time, _, _ in rows]),
        names=list(items),
        data=_described(folder / "movies.dat"),
    )


def _described(path: Path) -> dict[str, ItemData]:
    data = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        item, title, genres = line.split("::")
        name, _, year = title.removesuffix(")").rpartition(" (")
        numbers = {"year": float(year)} if year.isdigit() else {}
        categories = tuple(dict.fromkeys(filter(None, genres.split("|"))))
        data[item] = ItemData(categories=categories, numbers=numbers, text=name or title)
    return data
