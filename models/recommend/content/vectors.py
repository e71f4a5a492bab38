"""An item's data as a vector."""

from __future__ import annotations

from math import sqrt

import numpy as np

from models.compiled import Doubles, Floats
from models.recommend.content.projection import DIMENSIONS, foreign, project, unit
from models.recommend.content.rarity import Rarity
from models.recommend.content.spreads import Spreads
from models.recommend.content.tokens import FIELD_WEIGHTS, Token, tokens
from models.recommend.records import ItemData


class Vectoriser:
    """Makes vectors, and learns which words are rare and how numbers spread from the items it is shown.

    An item's vector stays as it was made: what is learned later counts for later items.
    """

    def __init__(self, rarity: Rarity, spreads: Spreads, seed: int) -> None:
        self.rarity, self.spreads, self.seed = rarity, spreads, seed

    def replace(self, old: ItemData, new: ItemData) -> Floats:
        """The vector of an item whose data was `old`, (64,), of length 1; zero where nothing is said of it."""
        if old != ItemData():
            self.rarity.count(tokens(old, self.spreads), -1)
        for name, value in new.numbers.items():
            self.spreads.learn(name, value)
        said = tokens(new, self.spreads)
        if new != ItemData():
            self.rarity.count(said, 1)
        return foreign(new.vector, self.seed) if new.vector else self._vector(said)

    def _vector(self, said: list[Token]) -> Floats:
        if not said:
            return np.zeros(DIMENSIONS, np.float32)
        return unit(project([token.hash for token in said], self._weights(said), self.seed))

    def _weights(self, said: list[Token]) -> Doubles:
        raw = [token.weight * self.rarity.of(token) for token in said]
        squares = dict.fromkeys(FIELD_WEIGHTS, 0.0)
        for token, weight in zip(said, raw, strict=True):
            squares[token.field] += weight * weight
        scales = {
            field: FIELD_WEIGHTS[field] / sqrt(total) for field, total in squares.items() if total
        }
        return np.array(
            [weight * scales[token.field] for token, weight in zip(said, raw, strict=True)]
        )
