"""Explicit ratings by River's Baseline, BiasedMF or FunkMF.

River does the learning as it is. What it learns stands in the store, not in dictionaries of its own: so a user can be
forgotten, a checkpoint holds what changed, and nothing is ever added by asking.
"""

from __future__ import annotations

from math import isfinite
from typing import Literal, get_args

import numpy as np
from river import optim, reco

from models.compiled import Doubles, Flags, Ints
from models.errors import InvalidParameter
from models.recommend.ratings.parameters import Parameters, RunningMean, first_vector
from models.recommend.store.columns import Column
from models.recommend.store.entities import Entities
from models.recommend.store.kernels.layout import Events
from models.recommend.store.store import Store
from models.recommend.store.table import Table

RatingModel = Literal["baseline", "biased_mf", "funk_mf"]


class Ratings:
    """Predicts what a user would rate an item; an interaction's weight is the rating, and 0 is none.

    model: "baseline" (mean and biases), "biased_mf" (with latent vectors too) or "funk_mf" (latent vectors alone).
    n_factors: length of the latent vectors.
    learning_rate, regularisation: of all steps.

    An unknown user or item has no bias and no vector of its own: what is known of the other, and the mean, answer.
    Raises InvalidParameter.
    """

    def __init__(
        self,
        store: Store,
        model: RatingModel = "biased_mf",
        n_factors: int = 20,
        learning_rate: float = 0.025,
        regularisation: float = 0.02,
        seed: int = 42,
    ) -> None:
        if model not in get_args(RatingModel):
            names = ", ".join(get_args(RatingModel))
            raise InvalidParameter("model", "ratings", f"one of {names}", model)
        self.model, self.n_factors, self.seed = model, n_factors, seed
        self._ids = {"user": store.users, "item": store.items}
        self._tables = {side: self._declare(entities) for side, entities in self._ids.items()}
        self._whole = store.whole.table(
            "ratings", Column("count", np.int64), Column("mean", np.float64)
        )
        self._mean = RunningMean(self._whole)
        self._river = self._made(learning_rate, regularisation)

    def learn(self, events: Events) -> None:
        """Learn ratings in their order."""
        rated = events.weights > 0.0
        for user, item, rating in zip(
            events.users[rated].tolist(),
            events.items[rated].tolist(),
            events.weights[rated].tolist(),
            strict=True,
        ):
            self.learn_one(user, item, rating)

    def learn_one(self, user: int, item: int, rating: float) -> None:
        """Learn a rating by a user's row of an item's row. Raises InvalidParameter unless it is finite."""
        if not isfinite(rating):
            raise InvalidParameter("weight", "a rating", "finite", rating)
        self._admit("user", user)
        self._admit("item", item)
        if self.model == "funk_mf":
            self._mean.update(rating)
        self._river.learn_one(user, item, rating)
        self._whole.dirty[0] = 1

    def predict_one(self, user: int, item: int) -> float:
        """The rating expected; -1 stands for somebody, or something, unknown. Changes nothing."""
        return float(self.predict_many(user, np.array([item]))[0])

    def predict_many(self, user: int, items: Ints) -> Doubles:
        """(n,): the ratings expected of item rows, for one user row; -1 stands for unknown ones. Changes nothing."""
        rated = self.rated(items)
        known, mine = items[rated], self._tables["user"]
        expected = np.full(len(items), self._mean.get())
        has_user = user >= 0 and bool(mine["rated"][user])
        if self.model != "funk_mf":
            expected[rated] += self._tables["item"]["bias"][known]
            expected += mine["bias"][user] if has_user else 0.0
        elif has_user:
            expected[rated] = 0.0
        if has_user and self.model != "baseline":
            vectors = self._tables["item"]["vector"][known]
            expected[rated] += (vectors * mine["vector"][user]).sum(axis=1)
        return expected

    def rated(self, items: Ints) -> Flags:
        """(n,): which item rows anybody has rated; -1 is none."""
        rated = items >= 0
        rated[rated] = self._tables["item"]["rated"][items[rated]] > 0
        return rated

    def _declare(self, entities: Entities) -> Table:
        return entities.table(
            "ratings",
            Column("rated", np.uint8),
            Column("bias", np.float64),
            Column("vector", np.float64, (0 if self.model == "baseline" else self.n_factors,)),
        )

    def _admit(self, side: str, row: int) -> None:
        table = self._tables[side]
        if not table["rated"][row]:
            table["rated"][row] = 1
            if self.model != "baseline":
                name = f"{side}:{self._ids[side].id(row)}"
                table["vector"][row] = first_vector(name, self.seed, self.n_factors, 0.1)
            table.dirty[row] = 1

    def _made(self, learning_rate: float, regularisation: float) -> reco.base.Ranker:
        sgd = optim.SGD(learning_rate)
        if self.model == "baseline":
            river = reco.Baseline(optimizer=sgd, l2=regularisation)
        elif self.model == "funk_mf":
            river = reco.FunkMF(self.n_factors, optimizer=sgd, l2=regularisation)
        else:
            river = reco.BiasedMF(
                self.n_factors,
                bias_optimizer=sgd,
                latent_optimizer=sgd,
                l2_bias=regularisation,
                l2_latent=regularisation,
            )
        if self.model != "funk_mf":
            river.global_mean = self._mean
            river.u_biases = Parameters(self._tables["user"], "bias")
            river.i_biases = Parameters(self._tables["item"], "bias")
        if self.model != "baseline":
            river.u_latents = Parameters(self._tables["user"], "vector")
            river.i_latents = Parameters(self._tables["item"], "vector")
        return river
