"""Content: what items are like by their data, and what users like by what they touched."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from models.compiled import Floats, Ints
from models.recommend.catalogue.catalogue import Catalogue
from models.recommend.content.kernels.profiles import learn_profiles, likeness
from models.recommend.content.projection import DIMENSIONS
from models.recommend.content.rarity import SLOTS as WORDS
from models.recommend.content.rarity import Rarity
from models.recommend.content.spreads import SLOTS as NAMES
from models.recommend.content.spreads import Spreads
from models.recommend.content.vectors import Vectoriser
from models.recommend.kernels.layout import Content as Arrays
from models.recommend.records import ItemData
from models.recommend.store.columns import Column
from models.recommend.store.kernels.layout import Events
from models.recommend.store.store import Store


class Content:
    """Vectors of length 1 for items (0 for one of which nothing is said), and profiles of users in the same space.

    Follows the catalogue by itself. A profile is the decayed sum of the vectors of what its user touched.

    decay: what is left of a profile after one more interaction, from 0 to 1.
    """

    def __init__(
        self, store: Store, catalogue: Catalogue, decay: float = 0.9, seed: int = 42
    ) -> None:
        self.decay, self.seed = decay, seed
        self._items = store.items.table("content", Column("vector", np.float32, (DIMENSIONS,)))
        self._users = store.users.table("content", Column("profile", np.float32, (DIMENSIONS,)))
        self._learned = store.whole.table(
            "content",
            Column("rarity", np.int32, (WORDS + 1,)),
            Column("spreads", np.float64, (NAMES, 3)),
        )
        self._arrays: Arrays | None = None
        self.moving: list[Callable[[int], None]] = []
        """Called with each item row whose vector has changed."""
        catalogue.changing.append(self._describe)

    @property
    def vectors(self) -> Floats:
        """(item rows, 64); to be taken anew after items came."""
        vectors: Floats = self._items["vector"]
        return vectors

    @property
    def profiles(self) -> Floats:
        """(user rows, 64), of any length; 0 for a user who touched nothing that was described."""
        profiles: Floats = self._users["profile"]
        return profiles

    @property
    def arrays(self) -> Arrays:
        """What kernels take; to be taken anew after users or items came."""
        held = self._arrays
        if held is None or held.dirty is not self._users.dirty or held.vectors is not self.vectors:
            held = Arrays(self.vectors, self.profiles, self._users.dirty, self.decay)
            self._arrays = held
        return held

    def learn(self, events: Events) -> None:
        """Learn interactions in their order; where a hybrid learns content, it does this itself."""
        learn_profiles(
            events.users,
            events.items,
            events.weights,
            self.vectors,
            self.profiles,
            self._users.dirty,
            self.decay,
        )

    def profile(self, user: int, session: Ints) -> Floats:
        """(64,): the profile of a user row (-1: nobody's), as it would be after a session of item rows."""
        profile = self.profiles[user].copy() if user >= 0 else np.zeros(DIMENSIONS, np.float32)
        for vector in self.vectors[session]:
            if vector.any():
                profile = np.float32(self.decay) * profile + vector
        return profile

    def scores(self, profile: Floats, rows: Ints) -> Floats:
        """(n,): likeness of item rows to a profile, from -1 to 1; 0 where either says nothing."""
        scores = np.empty(len(rows), np.float32)
        likeness(profile, self.vectors, rows, scores)
        return scores

    def _describe(self, row: int, old: ItemData, new: ItemData) -> None:
        learned = self._learned
        vectoriser = Vectoriser(
            Rarity(learned["rarity"][0]), Spreads(learned["spreads"][0]), self.seed
        )
        self.vectors[row] = vectoriser.replace(old, new)
        self._items.dirty[row] = 1
        learned.dirty[0] = 1
        for listener in self.moving:
            listener(row)
