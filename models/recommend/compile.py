"""Having every kernel of a recommender compiled before the first record comes."""

from __future__ import annotations

from models.recommend.config import MODELS, RecommenderConfig
from models.recommend.recommender import Recommender
from models.recommend.records import Interaction, ItemData, Request
from models.recommend.serving.rules import Rules
from models.recommend.store.store import WINDOW


def compile_kernels() -> None:
    """Compile every kernel of a recommender, or read it from the cache: up to two minutes, or about a second.

    Kernels are compiled once, whatever the parameters.
    """
    recommender = Recommender(RecommenderConfig(models=MODELS, evaluate=0.1))
    for k in range(3):
        recommender.put_item(f"item-{k}", ItemData(("any",), text="any"), 0.0)
    recommender.remove_item("item-0")
    # As many as it takes for the store's upkeep to be due.
    recommender.learn(
        [
            Interaction(f"user-{k % 7}", f"item-{k % 11}", 0, 1.0, float(k))
            for k in range(2 * WINDOW)
        ]
    )
    recommender.recommend(Request("user-0", session=("item-1",)))
    recommender.recommend(Request())
    recommender.similar("item-1", 100)
    recommender.neighbours("user-0", 1)
    recommender.forget_user("user-1")
    # Where no model is about content, what is explored still is.
    exploring = Recommender(RecommenderConfig(models=("trending",), rules=Rules(explore=0.5)))
    exploring.put_item("item-0", ItemData(("any",)), 0.0)
    exploring.learn([Interaction("user-0", "item-0", 0, 1.0, 0.0)])
    other = Recommender(recommender.config)
    for name, state in recommender.checkpoint():
        if state is not None:
            other.load(name, state)
    other.loaded()
