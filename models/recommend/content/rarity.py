"""How rare a token is among the items: inverse document frequency, learned as items come and go.

River's TFIDF keeps a dictionary of all words it ever saw; here they share a table of fixed size, so that the state is
bounded and items can be taken out again.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import log

import numpy as np
from numpy.typing import NDArray

from models.recommend.content.tokens import Token

SLOTS = 1 << 14


class Rarity:
    """Document frequencies over a table of shape (SLOTS + 1,); the last entry counts the documents."""

    def __init__(self, table: NDArray[np.int32]) -> None:
        self.table = table

    def count(self, tokens: Iterable[Token], change: int) -> None:
        """Take a document in (change 1) or out again (-1)."""
        self.table[SLOTS] += change
        # Numbers are left out: their tokens move with the spread of all numbers, and could not be taken out again.
        for slot in {token.hash % SLOTS for token in tokens if token.field != "number"}:
            self.table[slot] += change

    def of(self, token: Token) -> float:
        """ln((1 + documents) / (1 + documents with the token)) + 1, at least 1; as in scikit-learn's TfidfTransformer.

        Rounded, so that it does not hang on a logarithm's last bit. Numbers are all as rare.
        """
        if token.field == "number":
            return 1.0
        documents, containing = int(self.table[SLOTS]), int(self.table[token.hash % SLOTS])
        return 1.0 + round(1024.0 * log((1 + documents) / (1 + containing))) / 1024.0
