"""Users by the items that they touched: recent users of each item, and who of them shares most with a query.

After V-SkNN (Ludewig & Jannach 2018, section 3.2) and its index, VMIS-kNN (Kersbergen et al. 2022, section 3), with
users in place of sessions, and an index that learns with every interaction.
"""

from __future__ import annotations

import numpy as np

from models.compiled import Doubles, Ints, kernel
from models.recommend.store.kernels.history import newest_entry, older
from models.recommend.store.kernels.layout import ALIVE, BLOCK, Histories


@kernel
def learn_users(
    users: Ints,
    items: Ints,
    weights: Doubles,
    recent: np.ndarray,
    came: Ints,
    dirty: np.ndarray,
) -> None:
    """Write interactions (n,) into the rings of recent users, (items, ring), of which came (items,) counts the turns.

    A user who touches an item again right away takes no second place.
    """
    ring = recent.shape[1]
    for event in range(len(users)):
        user, item = users[event], items[event]
        if weights[event] > 0.0:
            last = (came[item] + ring - 1) % ring
            if came[item] == 0 or recent[item, last] != user:
                recent[item, came[item] % ring] = user
                came[item] += 1
                dirty[item] = 1


@kernel
def find_users(
    items: Ints,
    weights: Doubles,
    self_row: int,
    recent: np.ndarray,
    states: np.ndarray,
    shared: Doubles,
    stamps: Ints,
    found: Ints,
) -> int:
    """Who is in the rings of some items (n,): sums in shared (users,) the weights (n,) of each one's items.

    `shared` and `stamps` (users,) hold zeros before, and have to again. Returns how many rows stand in `found`.
    """
    count = 0
    for place in range(len(items)):
        ring = recent[items[place]]
        for slot in range(len(ring)):
            user = ring[slot]
            if user >= 0 and user != self_row and states[user] == ALIVE and stamps[user] <= place:
                if stamps[user] == 0:
                    found[count] = user
                    count += 1
                shared[user] += weights[place]
                stamps[user] = place + 1
    return count


@kernel
def score_items(
    users: Ints,
    likeness: Doubles,
    context: int,
    decay: float,
    histories: Histories,
    states: np.ndarray,
    scores: Doubles,
    found: Ints,
) -> int:
    """Sum in scores (items,) what some users' newest `context` interactions say for their items.

    likeness: (n,) of the users; decay: per older interaction.
    `scores` holds zeros before, and has to again. Returns how many rows stand in `found`.
    """
    count = 0
    for place in range(len(users)):
        entry = newest_entry(histories.newest, histories.lengths, users[place])
        weight = likeness[place]
        steps = 0
        while entry >= 0 and steps < context:
            item = histories.items[entry // BLOCK, entry % BLOCK]
            if (
                item >= 0
                and states[item] == ALIVE
                and histories.weights[entry // BLOCK, entry % BLOCK] > 0.0
            ):
                if scores[item] == 0.0:
                    found[count] = item
                    count += 1
                scores[item] += weight
            weight *= decay
            steps += 1
            entry = older(histories.previous, entry)
    return count


@kernel
def clear(values: np.ndarray, rows: Ints, count: int) -> None:
    """Put zeros back into the first `count` of some rows."""
    for place in range(count):
        values[rows[place]] = 0
