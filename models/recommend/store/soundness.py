"""Whether a loaded store can be worked on: kernels follow its references without looking."""

from __future__ import annotations

import numpy as np

from models.errors import CorruptState
from models.recommend.store.kernels.layout import SWEPT
from models.recommend.store.store import Store


def check(store: Store) -> None:
    """Raises CorruptState where a reference leads outside."""
    extents = {
        "users": store.users.extent,
        "items": store.items.extent,
        "history": store.histories.extent,
    }
    for table in store.tables:
        for column in table.columns:
            if column.refers_to is not None:
                _within(
                    f"{table.name}.{column.name}", table[column.name], extents[column.refers_to]
                )
    links = [
        (store.histories.blocks, ("previous", "following"), "history"),
        (store.histories.ends, ("newest", "oldest"), "history"),
        (store.users.life, ("next_free",), "users"),
        (store.items.life, ("next_free",), "items"),
    ]
    for table, columns, name in links:
        for link in columns:
            _within(f"{table.name}.{link}", table[link], extents[name])
    for entities in (store.users, store.items):
        states = entities.life["state"]
        if np.max(states, initial=0) > SWEPT:
            raise CorruptState(f"The states of {entities.name} must be from 0 to {SWEPT}.")


def _within(name: str, references: np.ndarray, extent: int) -> None:
    if references.size and not (references.min() >= -1 and references.max() < extent):
        raise CorruptState(f"The references {name!r} must be from -1 to {extent - 1}, got others.")
