"""Writing a batch of interactions into the histories."""

from __future__ import annotations

import numpy as np

from models.compiled import kernel
from models.recommend.store.kernels.history import push
from models.recommend.store.kernels.layout import Events, Histories


@kernel
def advance(h: Histories, events: Events, by_user: np.ndarray, by_item: np.ndarray) -> None:
    """Push every event, in order, and fill `events.entries`; count interactions by user and item."""
    for e in range(len(events.users)):
        events.entries[e] = push(
            h,
            events.users[e],
            events.items[e],
            events.kinds[e],
            events.weights[e],
            events.times[e],
        )
        by_user[events.users[e]] += 1
        by_item[events.items[e]] += 1
