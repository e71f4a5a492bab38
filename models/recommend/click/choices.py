"""Clicks in a recommender: a factorisation machine that puts candidates in order."""

from __future__ import annotations

import numpy as np

from models.compiled import Doubles, Ints
from models.recommend.catalogue.catalogue import NOTHING, Catalogue
from models.recommend.click.features import slot_of
from models.recommend.click.kernels.choices import BEFORE, learn_choices, score_choices
from models.recommend.click.machine import FactorisationMachine
from models.recommend.records import ItemData
from models.recommend.store.columns import NOBODY, Column
from models.recommend.store.kernels.layout import Events
from models.recommend.store.store import Store

CATEGORIES = 4
"""How many of an item's first categories are features."""
RECENT = 1_024
"""Interactions whose items stand for what was shown and not chosen."""


class Choices:
    """Learns who chooses what after what: features are the user, the item touched before, the item and its categories.

    Nobody says what was shown in vain, so every interaction is learned against items of recent ones, which have their
    popularity: a score tells how much more, or less, somebody likes an item than everybody does.
    """

    def __init__(
        self,
        store: Store,
        catalogue: Catalogue,
        n_negatives: int = 3,
        n_slots: int = 1 << 18,
        seed: int = 42,
    ) -> None:
        self.n_negatives, self.seed = n_negatives, seed
        self.machine = FactorisationMachine(store, n_slots=n_slots, seed=seed)
        self._store = store
        self._users = store.users.table("click", Column("slot", np.int32, fill=-1))
        self._items = store.items.table(
            "click", Column("slots", np.int32, (2 + CATEGORIES,), fill=-1)
        )
        self._whole = store.whole.table(
            "recently",
            Column("items", np.int32, (RECENT,), fill=NOBODY, refers_to="items"),
            Column("came", np.int64),
        )
        width = BEFORE + 1 + 1 + CATEGORIES
        self._example, self._ones = np.full(width, -1, np.int64), np.ones(width, np.float32)
        store.users.opening.append(self._open_user)
        store.users.leaving.append(self._leave_users)
        store.items.opening.append(self._open_item)
        catalogue.changing.append(self._describe)

    def learn(self, events: Events) -> None:
        """Learn interactions in their order."""
        machine, whole, store = self.machine, self._whole, self._store
        learn_choices(
            events.users,
            events.items,
            events.weights,
            events.sequence,
            events.entries,
            store.arrays,
            store.items.life["state"],
            self._users["slot"],
            self._items["slots"],
            whole["items"][0],
            whole["came"],
            self.n_negatives,
            np.uint64(self.seed),
            machine.parameters,
            machine.table.dirty,
            machine.bias,
            machine.learning_rate,
            machine.regularisation,
            machine.sums,
            self._example,
            self._ones,
        )

    def scores(self, user: int, before: int, rows: Ints) -> Doubles:
        """(n,): log odds of item rows, for a user row and the item row touched last; -1: nobody, nothing."""
        machine, scores = self.machine, np.empty(len(rows))
        score_choices(
            rows,
            int(self._users["slot"][user]) if user >= 0 else -1,
            int(self._items["slots"][before, 0]) if before >= 0 else -1,
            self._items["slots"],
            machine.parameters,
            machine.bias,
            machine.sums,
            self._example,
            self._ones,
            scores,
        )
        return scores

    def _open_user(self, row: int) -> None:
        name = self._store.users.id(row)
        self._users["slot"][row] = slot_of(f"user={name}", self.machine.n_slots)
        self._users.dirty[row] = 1

    def _leave_users(self, rows: Ints) -> None:
        # Nobody's own weight may outlive them; those who hash alike begin anew as well.
        self.machine.forget(np.unique(self._users["slot"][rows]).astype(np.int64))

    def _open_item(self, row: int) -> None:
        self._describe(row, NOTHING, NOTHING)

    def _describe(self, row: int, _: ItemData, data: ItemData) -> None:
        name, n_slots = self._store.items.id(row), self.machine.n_slots
        categories = tuple(dict.fromkeys(data.categories))[:CATEGORIES]
        features = [f"before={name}", f"item={name}", *(f"category={each}" for each in categories)]
        slots = self._items["slots"][row]
        slots[:] = -1
        slots[: len(features)] = [slot_of(feature, n_slots) for feature in features]
        self._items.dirty[row] = 1
