"""Which items a user has touched so that they are not to be shown now."""

from __future__ import annotations

import numpy as np

from models.compiled import Ints
from models.recommend.store.kernels.layout import BLOCK, Histories


def seen_rows(histories: Histories, entries: Ints, reshow: tuple[float, ...], now: float) -> Ints:
    """The items of a user's history entries that are not to be shown again yet, some perhaps twice.

    reshow: per kind of interaction, seconds after which its item may be shown again; inf for those not listed.
    now: seconds since the epoch.
    """
    at = (entries // BLOCK, entries % BLOCK)
    rows = histories.items[at]
    if min(reshow, default=np.inf) < np.inf:
        waits = np.full(256, np.inf)
        waits[: len(reshow)] = reshow
        wait = waits[histories.kinds[at]]
        rows = rows[(wait > 0.0) & ~(now - histories.times[at] >= wait)]
    return rows[rows >= 0].astype(np.int64)


def disliked_rows(histories: Histories, entries: Ints, dislikes: tuple[int, ...]) -> Ints:
    """The items of a user's history entries of the kinds `dislikes`."""
    at = (entries // BLOCK, entries % BLOCK)
    rows = histories.items[at][np.isin(histories.kinds[at], dislikes)]
    return rows[rows >= 0].astype(np.int64)
