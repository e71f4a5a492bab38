"""Which items a user has touched so that they are not to be shown now."""

from __future__ import annotations

from math import inf

import numpy as np

from models.compiled import Ints
from models.recommend.store.history import Past


def seen_rows(past: Past, reshow: tuple[float, ...], now: float) -> Ints:
    """The items of a user's past that are not to be shown again yet, some perhaps twice.

    reshow: per kind of interaction, seconds after which its item may be shown again; inf for those not listed.
    now: seconds since the epoch.
    """
    if min(reshow, default=inf) == inf:
        return past.items
    waits = np.full(256, inf)
    waits[: len(reshow)] = reshow
    wait = waits[past.kinds]
    return past.items[(wait > 0.0) & ~(now - past.times >= wait)]


def disliked_rows(past: Past, dislikes: tuple[int, ...]) -> Ints:
    """The items of a user's past of the kinds `dislikes`."""
    return past.items[np.isin(past.kinds, dislikes)]
