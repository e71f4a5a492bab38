"""The arrays in which kernels see a batch of interactions, and the histories of users."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

FREE, ALIVE, DEAD, SWEPT = 0, 1, 2, 3
"""State of a row: not in use; in use; gone, but columns may still refer to it; gone, and being cleaned out of them."""

BLOCK = 8
"""Entries of one block of a history: neighbours in memory, so that walking back seldom leaves the cache."""


class Events(NamedTuple):
    """Consecutive interactions, (n,) each, as they were when each happened: what came later must not matter to it.

    All are already in the histories when models learn them; the interactions before event e are those that
    `kernels.history.older` finds from `entries[e]`.
    """

    users: NDArray[np.int64]
    items: NDArray[np.int64]
    kinds: NDArray[np.int64]
    weights: NDArray[np.float64]
    times: NDArray[np.float64]
    """Seconds since the epoch, as the event says; they may go back."""
    sequence: NDArray[np.int64]
    """How many operations the store had seen before: with the seed, the key of everything random."""
    extents: NDArray[np.int64]
    """Items have rows below this number when the event happens; not all of them are alive (see `exists`)."""
    entries: NDArray[np.int64]
    """The event's own entry in `Histories`."""


class Histories(NamedTuple):
    """What users did, newest first: entries in blocks of `BLOCK`, linked from each user's newest to older ones.

    Entry t stands in block t // BLOCK. Only the newest block of a user is not full.
    """

    items: NDArray[np.int32]
    """(blocks, BLOCK): the item's row, NOBODY where the item went since."""
    kinds: NDArray[np.uint8]
    weights: NDArray[np.float32]
    times: NDArray[np.float64]
    previous: NDArray[np.int32]
    """(blocks,): the next older block of the user; of a free block, the next free one."""
    following: NDArray[np.int32]
    """(blocks,): the next newer block of the user."""
    dirty: NDArray[np.uint8]
    free: NDArray[np.int64]
    """(2,): the first free block that was used before, and how many were ever used."""
    newest: NDArray[np.int32]
    """(users,): the block with the user's newest entry."""
    oldest: NDArray[np.int32]
    lengths: NDArray[np.int32]
    """(users,): entries held."""
    users_dirty: NDArray[np.uint8]
    states: NDArray[np.uint8]
    """(items,): the state of each item's row. An entry whose item is not ALIVE says nothing."""
    born: NDArray[np.int64]
    """(items,): the operation that made each item's row."""
