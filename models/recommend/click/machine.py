"""A fast predictor of clicks: River's verbs over a compiled factorisation machine."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from models.compiled import Doubles, Floats, Ints
from models.errors import InvalidParameter
from models.recommend.click.features import Features, encoded
from models.recommend.click.kernels.machine import learn_examples, score_examples
from models.recommend.store.columns import Column
from models.recommend.store.store import Store


class FactorisationMachine:
    """Learns from examples that were, or were not, clicked.

    name: of its table in the store.
    n_slots: power of two; features that hash to the same slot share what is learned.
    n_factors: length of a feature's latent vector.
    learning_rate, regularisation: of AdaGrad's steps.

    Features are not kept apart, so nothing is added by asking. Raises InvalidParameter.
    """

    def __init__(
        self,
        store: Store,
        name: str = "click",
        n_slots: int = 1 << 18,
        n_factors: int = 10,
        learning_rate: float = 0.05,
        regularisation: float = 1e-5,
        seed: int = 42,
    ) -> None:
        if n_slots < 64 or n_slots & (n_slots - 1):
            raise InvalidParameter("n_slots", "a click model", "a power of two from 64", n_slots)
        self.n_slots, self.n_factors = n_slots, n_factors
        self.learning_rate, self.regularisation = learning_rate, regularisation
        self._seed = seed
        self.table = store.slots(
            name, n_slots, Column("parameters", np.float32, (2 + 2 * n_factors,))
        )
        self._whole = store.whole.table(name, Column("bias", np.float64, (2,)))
        self._begin(np.arange(n_slots))
        self.sums = np.zeros(n_factors)

    @property
    def parameters(self) -> Floats:
        """(slots, 2 + 2 * n_factors): see models.recommend.click.kernels.machine."""
        parameters: Floats = self.table["parameters"]
        return parameters

    @property
    def bias(self) -> Doubles:
        """(2,): the bias, and the sum of its squared gradients."""
        bias: Doubles = self._whole["bias"][0]
        return bias

    def forget(self, slots: Ints) -> None:
        """Put slots (n,) back to what they were before anything was learned; features that share them lose it too."""
        self._begin(slots)
        self.table.dirty[slots] = 1

    def learn_one(self, x: Features, y: bool) -> None:
        """Learn one example."""
        self.learn_many([x], [y])

    def learn_many(self, examples: Sequence[Features], clicks: Sequence[bool]) -> Doubles:
        """Learn examples in their order; returns the probability (n,) that each was given before it was learned."""
        slots, values = encoded(examples, self.n_slots)
        return self.learn_encoded(slots, values, np.array(clicks, np.float64))

    def learn_encoded(self, slots: Ints, values: Floats, clicks: Doubles) -> Doubles:
        """The same for features as slots and values."""
        before = np.empty(len(slots))
        learn_examples(
            slots,
            values,
            clicks,
            self.parameters,
            self.table.dirty,
            self.bias,
            self.learning_rate,
            self.regularisation,
            self.sums,
            before,
        )
        return before

    def predict_proba_one(self, x: Features) -> dict[bool, float]:
        """The probability of a click, and of none."""
        clicked = float(self.predict_proba_many([x])[0])
        return {False: 1.0 - clicked, True: clicked}

    def predict_proba_many(self, examples: Sequence[Features]) -> Doubles:
        """(n,): the probability of each being clicked."""
        return 1.0 / (
            1.0 + np.exp(-np.clip(self.score_encoded(*encoded(examples, self.n_slots)), -500, 500))
        )

    def score_encoded(self, slots: Ints, values: Floats) -> Doubles:
        """(n,): log odds of a click, for features as slots and values (n, features)."""
        scores = np.empty(len(slots))
        score_examples(slots, values, self.parameters, self.bias, self.sums, scores)
        return scores

    def _begin(self, slots: Ints) -> None:
        self.parameters[slots] = 0.0
        self.parameters[slots, 2 : 2 + self.n_factors] = _first_vectors(
            slots, self.n_factors, self._seed
        )


def _first_vectors(slots: Ints, n_factors: int, seed: int) -> Floats:
    """Small and evenly spread around 0, a function of seed, slot and place: what nobody wrote to need not be saved."""
    key = (slots[:, None] * n_factors + np.arange(n_factors)).astype(np.uint64)
    z = (key + np.uint64(seed * 0x9E3779B97F4A7C15 % 2**64)) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0x94D049BB133111EB)
    z ^= z >> np.uint64(31)
    uniform = (z >> np.uint64(11)).astype(np.float64) * 2.0**-53
    return ((uniform - 0.5) * 0.1).astype(np.float32)
