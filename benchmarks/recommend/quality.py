"""How well liked items are foreseen, each ranked among all items before it is learned; peers on the same events."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.peers.recommend import ISGD, ItemCosine, Popularity, Ranker, RiverBiasedMF
from benchmarks.recommend.ratings import Ratings, ratings_in
from models.recommend.config import ModelName, RecommenderConfig
from models.recommend.recommender import Recommender
from models.recommend.records import Request

COLD = 5
"""Events before which an item is cold; a user is before any."""
SELDOM = 50
"""River scores item by item in Python: it is tested with every so many-th event."""
ASKED = 10
"""Every so many-th test asks for the answer too, for coverage and novelty."""
PROTOCOL = (
    "ratings.dat from `least` on, by time; the first 20 % and the next 10 % only learned, the last 70 % ranked and "
    "then learned; candidates are all items seen so far but the user's own; an item never seen is a miss; ties count "
    "half a place"
)


class Tested(NamedTuple):
    """The ranks of the tested events, infinite for a miss, and who was cold."""

    ranks: NDArray[np.float64]
    cold_users: NDArray[np.bool_]
    cold_items: NDArray[np.bool_]

    def figures(self, name: str) -> dict[str, float]:
        """What is reported."""
        ranks = self.ranks
        return {
            f"{name}, Recall@10": float(np.mean(ranks <= 10)),
            f"{name}, Recall@20": float(np.mean(ranks <= 20)),
            f"{name}, MRR": float(np.mean(1.0 / ranks)),
            f"{name}, nDCG@10": float(np.mean(np.where(ranks <= 10, 1 / np.log2(1 + ranks), 0.0))),
            f"{name}, Recall@10 of cold users": float(np.mean(ranks[self.cold_users] <= 10)),
            f"{name}, Recall@10 of known users": float(np.mean(ranks[~self.cold_users] <= 10)),
            f"{name}, Recall@10 of cold items": float(np.mean(ranks[self.cold_items] <= 10)),
            f"{name}, Recall@10 of known items": float(np.mean(ranks[~self.cold_items] <= 10)),
        }


class Shown(NamedTuple):
    """What answers held."""

    coverage: float
    """The share of all items that was in some answer."""
    novelty: float
    """Mean -log2 of the share that the items in answers had of all events until then."""


def hybrid(ratings: Ratings, config: RecommenderConfig) -> tuple[NDArray[np.float64], Shown]:
    """The recommender itself, each event ranked by it; an item's data comes with its first event."""
    recommender = Recommender(config)
    n, ranks = len(ratings.users), np.empty(len(ratings.users))
    counts = np.zeros(len(ratings.names))
    places = {name: place for place, name in enumerate(ratings.names)}
    shown: set[str] = set()
    surprise: list[float] = []
    for event in range(n):
        told = ratings.interaction(event)
        if event >= ratings.first_test and event % ASKED == 0:
            answer = recommender.recommend(Request(told.user, n=10, time=told.time))
            shown.update(each.item for each in answer)
            share = counts[[places[each.item] for each in answer]] / event
            surprise += np.log2(1.0 / share).tolist()
        ranks[event] = recommender.learn([told]).ranks[0]
        if counts[ratings.items[event]] == 0.0:
            recommender.put_item(told.item, ratings.data[told.item], told.time)
        counts[ratings.items[event]] += 1.0
    return ranks, Shown(len(shown) / len(ratings.names), float(np.mean(surprise)))


def peer(ratings: Ratings, model: Ranker, every: int = 1) -> NDArray[np.float64]:
    """The ranks by a peer; NaN where it is not tested."""
    ranks = np.full(len(ratings.users), np.nan)
    own: dict[int, list[int]] = {}
    known = 0
    pairs = zip(ratings.users.tolist(), ratings.items.tolist(), strict=True)
    for event, (user, item) in enumerate(pairs):
        mine = own.setdefault(user, [])
        if event >= ratings.first_test and event % every == 0:
            ranks[event] = _rank(model, user, item, known, mine)
        if item not in mine:
            model.learn(user, item, mine)
            mine.append(item)
        known = max(known, item + 1)
    return ranks


def _rank(model: Ranker, user: int, item: int, known: int, own: list[int]) -> float:
    if item >= known or item in own:
        return np.inf
    scores = np.array(model.score(user, known, own), np.float64)
    target = scores[item]
    scores[[*own, item]] = -np.inf
    return 1.0 + np.count_nonzero(scores > target) + 0.5 * np.count_nonzero(scores == target)


def tested(ratings: Ratings, ranks: NDArray[np.float64]) -> Tested:
    """The tested events of all."""
    users = np.zeros(ratings.users.max() + 1, np.int64)
    items = np.zeros(len(ratings.names), np.int64)
    before = np.empty((2, len(ranks)), np.int64)
    for event, (user, item) in enumerate(zip(ratings.users, ratings.items, strict=True)):
        before[:, event] = users[user], items[item]
        users[user] += 1
        items[item] += 1
    chosen = np.flatnonzero((np.arange(len(ranks)) >= ratings.first_test) & ~np.isnan(ranks))
    return Tested(ranks[chosen], before[0, chosen] == 0, before[1, chosen] < COLD)


def measure(
    folder: Path, least: float, models: Sequence[tuple[ModelName, ...]] = ()
) -> dict[str, float]:
    """Figures of the hybrid, of some of its models alone, and of the peers."""
    ratings = ratings_in(folder, least)
    users, items = int(ratings.users.max()) + 1, len(ratings.names)
    ranks, shown = hybrid(ratings, RecommenderConfig(evaluate=1.0, history=1_000))
    results = tested(ratings, ranks).figures("hybrid")
    results["hybrid, coverage of 10 shown"] = shown.coverage
    results["hybrid, novelty of 10 shown, bits"] = shown.novelty
    for some in models:
        config = RecommenderConfig(evaluate=1.0, history=1_000, models=some)
        alone, _ = hybrid(ratings, config)
        results |= tested(ratings, alone).figures(" + ".join(some))
    peers: dict[str, tuple[Ranker, int]] = {
        "popularity": (Popularity(items), 1),
        "decayed popularity": (Popularity(items, 500.0), 1),
        "item cosine": (ItemCosine(items), 1),
        "ISGD": (ISGD(users, items), 1),
        "River BiasedMF": (RiverBiasedMF(), SELDOM),
    }
    for name, (model, every) in peers.items():
        results |= tested(ratings, peer(ratings, model, every)).figures(name)
    return results
