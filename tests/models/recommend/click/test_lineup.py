"""A recommender whose answers are put in order by clicks."""

from __future__ import annotations

import numpy as np
import pytest

from models.recommend.config import ModelName, RecommenderConfig
from models.recommend.recommender import Recommender
from models.recommend.records import Interaction, ItemData, Recommended, Request
from models.recommend.serving.filters import Filter

LINEUPS: list[tuple[ModelName, ...]] = [
    ("click",),
    ("cooccurrence", "click"),
    ("trending", "neighbours", "ratings", "click"),
]
N = 400


def life() -> list[Interaction]:
    random = np.random.default_rng(11)
    found = []
    for k in range(N):
        user, item = int(random.integers(0, 12)), int(30 * random.random() ** 2)
        item += (user + item) % 3
        found.append(Interaction(f"u{user}", f"i{item}", 0, float(1 + k % 3), 10.0 * k))
    return found


def recommender(models: tuple[ModelName, ...]) -> Recommender:
    made = Recommender(RecommenderConfig(models=models, evaluate=0.2, history=20, context=8))
    for k in range(30):
        made.put_item(f"i{k}", ItemData((f"c{k % 4}",), numbers={"price": float(k)}), 0.0)
    return made


def answers(made: Recommender) -> list[list[Recommended]]:
    wanted = Filter("category:c1 or price > 20")
    requests = [
        *(Request(f"u{k}", n=5) for k in range(12)),
        *(Request(f"u{k}", n=5, filter=wanted) for k in range(12)),
        Request(None, session=("i3", "i4")),
        Request("nobody"),
    ]
    return made.recommend_many(requests)


@pytest.mark.parametrize("models", LINEUPS)
def test_batches_and_restarts_change_nothing(models: tuple[ModelName, ...]) -> None:
    straight, events = recommender(models), life()
    straight.learn(events)
    for cut in (1, 137, 300):
        before, after = recommender(models), Recommender(straight.config)
        for k in range(0, cut, 29):
            before.learn(events[k : min(k + 29, cut)])
        for name, data in before.checkpoint():
            if data is not None:
                after.load(name, data)
        after.loaded()
        after.learn(events[cut:])
        assert answers(after) == answers(straight)
        assert after.measures() == straight.measures()


@pytest.mark.parametrize("models", LINEUPS)
def test_answers_are_in_order_and_full(models: tuple[ModelName, ...]) -> None:
    made = recommender(models)
    made.learn(life())
    for found in answers(made):
        assert found
        assert len({each.item for each in found}) == len(found)
        scores = [each.score for each in found]
        assert scores == sorted(scores, reverse=True)
