"""How fast 10 of 100,000 items are found, with what the user has seen left out and one category asked for."""

from __future__ import annotations

import numpy as np

from benchmarks.measure import latencies, rates
from benchmarks.recommend.crowd import CATEGORIES, EPOCH, Crowd, user_name
from models.recommend.config import RecommenderConfig
from models.recommend.recommender import Recommender
from models.recommend.records import Request
from models.recommend.serving.filters import Filter

CROWD = Crowd(users=10_000, items=100_000)
BATCH = 500


def filled(crowd: Crowd, events: int) -> Recommender:
    """A recommender that knows every item, and has learned so many events."""
    made = Recommender(RecommenderConfig(evaluate=0.0))
    for item, data in crowd.item_data():
        made.put_item(item, data, EPOCH)
    for at in range(0, events, BATCH):
        made.learn(crowd.interactions(BATCH, at))
    return made


def measure(events: int, n: int) -> dict[str, float]:
    """Latency of single questions, each of another user, in one thread."""
    recommender = filled(CROWD, events)
    users = np.random.default_rng(3).integers(0, CROWD.users, n).tolist()
    asked = {
        "": [Request(user_name(u), n=10) for u in users],
        " of one category": [
            Request(user_name(u), n=10, filter=Filter(f"category:c{i % CATEGORIES}"))
            for i, u in enumerate(users)
        ],
    }
    results: dict[str, float] = {}
    for name, requests in asked.items():
        results |= _answered(f"top 10 of 100,000{name}", recommender, requests)
    return results


def _answered(name: str, recommender: Recommender, requests: list[Request]) -> dict[str, float]:
    for request in requests[:CATEGORIES]:
        assert len(recommender.recommend(request)) == 10

    def ask(i: int) -> None:
        recommender.recommend(requests[i])

    def ask_all(_: int) -> None:
        recommender.recommend_many(requests)

    middle, high = latencies(ask, len(requests))
    rate = rates({name: (len(requests), ask_all)}, 3)[name]
    return {f"{name}, p50 us": middle, f"{name}, p99 us": high, f"{name}, questions/s": rate}
