"""How fast the hybrid learns, and River's factorisation beside it."""

from __future__ import annotations

from river import reco

from benchmarks.measure import rates
from benchmarks.recommend.crowd import Crowd, item_name, user_name
from models.recommend.config import RecommenderConfig
from models.recommend.recommender import Recommender

BATCH = 500
CROWD = Crowd(users=10_000, items=10_000)


def measure(n: int, rounds: int) -> dict[str, float]:
    """Events a second, one at a time in order, in batches of 500, with nothing ranked in between."""
    ours = Recommender(RecommenderConfig(evaluate=0.0))
    for at in range(0, 4 * n, BATCH):
        ours.learn(CROWD.interactions(BATCH, at))
    made = [CROWD.interactions(n, 4 * n + i * n) for i in range(rounds)]
    pairs = [CROWD.pairs(n // 10, i) for i in range(rounds)]
    theirs = reco.BiasedMF(n_factors=20, seed=1)

    def learn(i: int) -> None:
        for at in range(0, n, BATCH):
            ours.learn(made[i][at : at + BATCH])

    def learn_river(i: int) -> None:
        for user, item in zip(*pairs[i], strict=True):
            theirs.learn_one(user_name(user), item_name(item), 1.0)

    return rates(
        {
            "hybrid learns, events/s": (n, learn),
            "River BiasedMF learns, events/s": (n // 10, learn_river),
        },
        rounds,
    )
