"""A small made-up shop: seeded interactions with items, of which some come often together."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from models.recommend.config import RecommenderConfig
from models.recommend.recommender import Recommender
from models.recommend.records import Interaction, ItemData

CONFIG = RecommenderConfig(
    kinds=("view", "buy"),
    history=12,
    context=6,
    neighbours=8,
    n_factors=8,
    max_users=60,
    max_items=50,
    user_ttl=5_000.0,
    evaluate=0.2,
    window=50,
    models=("trending", "cooccurrence", "factors", "content", "neighbours", "ratings"),
)
Call = tuple[str, tuple[object, ...]]


def interactions(n: int, seed: int = 1, start: float = 0.0) -> list[Interaction]:
    """Users like one of four sorts of items."""
    rng = np.random.default_rng(seed)
    found = []
    for k in range(n):
        user = int(100 * rng.random() ** 2)
        item = 4 * int(16 * rng.random() ** 2) + (user % 4 if rng.random() < 0.8 else 0)
        kind, weight = (1, 2.0) if rng.random() < 0.2 else (0, float(rng.random() < 0.9))
        found.append(Interaction(f"user-{user}", f"item-{item}", kind, weight, start + 10.0 * k))
    return found


def life(n: int, seed: int = 1) -> list[Call]:
    """Interactions one by one, with items described and removed, and users forgotten, between them."""
    rng = np.random.default_rng(seed + 1000)
    calls: list[Call] = []
    for event in interactions(n, seed):
        calls.append(("learn", (event,)))
        chance, item = rng.random(), int(rng.integers(70))
        if chance < 0.05:
            data = ItemData(
                (f"sort-{item % 4}",), text=f"sort {item % 4}", numbers={"price": 1.0 * item}
            )
            calls.append(("put_item", (f"item-{item}", data, event.time)))
        elif chance < 0.06:
            calls.append(("remove_item", (f"item-{item}",)))
        elif chance < 0.07:
            calls.append(("forget_user", (event.user,)))
    return calls


def live(recommender: Recommender, calls: list[Call], batch: int = 1) -> None:
    """Make the calls; neighbouring interactions are learned in batches."""
    waiting: list[Interaction] = []
    for verb, arguments in calls:
        if verb == "learn":
            waiting.extend(arguments)
            if len(waiting) == batch:
                recommender.learn(waiting)
                waiting = []
            continue
        recommender.learn(waiting)
        waiting = []
        getattr(recommender, verb)(*arguments)
    recommender.learn(waiting)


def config(**changes: object) -> RecommenderConfig:
    return replace(CONFIG, **changes)


def save(recommender: Recommender, kept: dict[bytes, bytes]) -> dict[bytes, bytes]:
    """Write a checkpoint over what is kept, the newest pieces last."""
    for name, state in recommender.checkpoint():
        held = kept.pop(name, None)
        if state is None:
            assert held is not None
        else:
            kept[name] = state
    return kept


def load(settings: RecommenderConfig, kept: dict[bytes, bytes]) -> Recommender:
    loaded = Recommender(settings)
    for name, state in kept.items():
        loaded.load(name, state)
    loaded.loaded()
    return loaded
