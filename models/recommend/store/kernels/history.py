"""Histories of users: pushing, walking back, dropping what is too old."""

from __future__ import annotations

import numpy as np

from models.compiled import inlined, kernel
from models.recommend.store.kernels.layout import ALIVE, BLOCK, Histories

NOBODY = -1


@inlined
def exists(states: np.ndarray, born: np.ndarray, row: int, sequence: int) -> bool:
    """Whether a row was in use when operation `sequence` happened (and not only made later in the same batch)."""
    return bool(states[row] == ALIVE and born[row] <= sequence)


@inlined
def older(previous: np.ndarray, entry: int) -> int:
    """The user's entry before this one, or -1."""
    if entry % BLOCK:
        return entry - 1
    block = previous[entry // BLOCK]
    if block < 0:
        return -1
    return block * BLOCK + BLOCK - 1


@inlined
def newest_entry(newest: np.ndarray, lengths: np.ndarray, user: int) -> int:
    """The user's newest entry, or -1. Blocks are full but for the newest, and whole ones are dropped."""
    if lengths[user] == 0:
        return -1
    return newest[user] * BLOCK + (lengths[user] - 1) % BLOCK


@inlined
def take_block(h: Histories) -> int:
    """A block that nobody uses. There must be room for one (see HistoryTable.reserve)."""
    block = h.free[0]
    if block >= 0:
        h.free[0] = h.previous[block]
    else:
        block = h.free[1]
        h.free[1] += 1
    h.previous[block] = NOBODY
    h.following[block] = NOBODY
    h.dirty[block] = 1
    return block


@inlined
def give_block(h: Histories, block: int) -> None:
    """Free a block, with nothing left in it."""
    for place in range(BLOCK):
        h.items[block, place] = NOBODY
        h.kinds[block, place] = 0
        h.weights[block, place] = 0.0
        h.times[block, place] = 0.0
    h.following[block] = NOBODY
    h.previous[block] = h.free[0]
    h.free[0] = block
    h.dirty[block] = 1


@inlined
def push(h: Histories, user: int, item: int, kind: int, weight: float, time: float) -> int:
    """Append to a user's history; returns the entry."""
    place = h.lengths[user] % BLOCK
    if place == 0:
        block = take_block(h)
        if h.lengths[user] == 0:
            h.oldest[user] = block
        else:
            h.previous[block] = h.newest[user]
            h.following[h.newest[user]] = block
            h.dirty[h.newest[user]] = 1
        h.newest[user] = block
    block = h.newest[user]
    h.items[block, place] = item
    h.kinds[block, place] = kind
    h.weights[block, place] = weight
    h.times[block, place] = time
    h.dirty[block] = 1
    h.lengths[user] += 1
    h.users_dirty[user] = 1
    return block * BLOCK + place


@kernel
def shorten(h: Histories, users: np.ndarray, longest: int) -> None:
    """Drop whole blocks of these users' oldest entries while at least `longest` entries stay."""
    for k in range(len(users)):
        user = users[k]
        while h.lengths[user] - BLOCK >= longest:
            block = h.oldest[user]
            newer = h.following[block]
            h.previous[newer] = NOBODY
            h.dirty[newer] = 1
            h.oldest[user] = newer
            h.lengths[user] -= BLOCK
            h.users_dirty[user] = 1
            give_block(h, block)


@kernel
def clear(h: Histories, user: int) -> None:
    """Drop a user's whole history."""
    block = h.newest[user]
    while block >= 0:
        before = h.previous[block]
        give_block(h, block)
        block = before
    h.newest[user] = NOBODY
    h.oldest[user] = NOBODY
    h.lengths[user] = 0
    h.users_dirty[user] = 1


@inlined
def item_at(h: Histories, entry: int) -> int:
    """The item of an entry, or -1 where it went since."""
    item = h.items[entry // BLOCK, entry % BLOCK]
    if item >= 0 and h.states[item] == ALIVE:
        return item
    return NOBODY


@kernel
def walk(
    h: Histories,
    user: int,
    items: np.ndarray,
    kinds: np.ndarray,
    weights: np.ndarray,
    times: np.ndarray,
) -> int:
    """The user's newest entries, newest first, into the last four; returns how many.

    As many as there is room for are looked at, and those of items that went are left out.
    """
    count = 0
    entry = newest_entry(h.newest, h.lengths, user)
    for _ in range(len(items)):
        if entry < 0:
            break
        item = item_at(h, entry)
        if item >= 0:
            block, place = entry // BLOCK, entry % BLOCK
            items[count] = item
            kinds[count] = h.kinds[block, place]
            weights[count] = h.weights[block, place]
            times[count] = h.times[block, place]
            count += 1
        entry = older(h.previous, entry)
    return count
