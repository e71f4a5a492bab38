"""Learning what users choose: what they touched against what others touched just then."""

from __future__ import annotations

import numpy as np

from models.compiled import Doubles, Floats, Ints, inlined, kernel
from models.recommend.click.kernels.machine import learn_example, score_of
from models.recommend.store.kernels.history import older
from models.recommend.store.kernels.layout import ALIVE, BLOCK, Histories

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
M1, M2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
S30, S27, S31 = np.uint64(30), np.uint64(27), np.uint64(31)

USER, BEFORE = 0, 1
"""Places of an example's slots: the user, the item touched before; then those of the item itself."""


@inlined
def mixed(z: np.uint64) -> np.uint64:
    """The finaliser of SplitMix64 (Steele, Lea & Flood 2014)."""
    z = (z ^ (z >> S30)) * M1
    z = (z ^ (z >> S27)) * M2
    return z ^ (z >> S31)


@inlined
def item_before(histories: Histories, states: np.ndarray, entry: int) -> int:
    """The item that the same user touched before an entry, those only seen or not wanted left out; or -1."""
    entry = older(histories.previous, entry)
    while entry >= 0:
        item = histories.items[entry // BLOCK, entry % BLOCK]
        wanted = histories.weights[entry // BLOCK, entry % BLOCK] > 0.0
        if wanted and item >= 0 and states[item] == ALIVE:
            return item
        entry = older(histories.previous, entry)
    return -1


@inlined
def describe(example: Ints, item: int, item_slots: np.ndarray) -> None:
    """Write an item's slots into an example, behind user and item before."""
    for place in range(item_slots.shape[1] - 1):
        example[BEFORE + 1 + place] = item_slots[item, 1 + place]


@kernel
def learn_choices(
    users: Ints,
    items: Ints,
    weights: Doubles,
    sequence: Ints,
    entries: Ints,
    histories: Histories,
    states: np.ndarray,
    user_slots: np.ndarray,
    item_slots: np.ndarray,
    recent: np.ndarray,
    came: Ints,
    n_negatives: int,
    seed: np.uint64,
    parameters: Floats,
    dirty: np.ndarray,
    bias: Doubles,
    rate: float,
    regularisation: float,
    sums: Doubles,
    example: Ints,
    ones: Floats,
) -> None:
    """Learn interactions (n,) in order: each a click, against items of recent ones drawn as if shown in vain.

    item_slots: (items, 1 + features): as the item before, then what describes it; -1 is none.
    recent: (ring,) items of the last interactions, of which came (1,) counts all.
    """
    ring = len(recent)
    for event in range(len(users)):
        if weights[event] > 0.0:
            user, item = users[event], items[event]
            before = item_before(histories, states, entries[event])
            example[USER] = user_slots[user]
            example[BEFORE] = item_slots[before, 0] if before >= 0 else -1
            describe(example, item, item_slots)
            learn_example(example, ones, 1.0, parameters, dirty, bias, rate, regularisation, sums)
            held = min(came[0], ring)
            for draw in range(n_negatives):
                if held > 0:
                    z = mixed(seed + np.uint64(sequence[event]) * GOLDEN) + np.uint64(draw) * M2
                    other = recent[np.int64(mixed(z) % np.uint64(held))]
                    if other >= 0 and other != item:
                        describe(example, other, item_slots)
                        learn_example(
                            example, ones, 0.0, parameters, dirty, bias, rate, regularisation, sums
                        )
            recent[came[0] % ring] = item
            came[0] += 1


@kernel
def score_choices(
    rows: Ints,
    user_slot: int,
    before_slot: int,
    item_slots: np.ndarray,
    parameters: Floats,
    bias: Doubles,
    sums: Doubles,
    example: Ints,
    ones: Floats,
    scores: Doubles,
) -> None:
    """Scores (n,), in log odds, of item rows for a user's slot and that of the item before; -1 is none."""
    example[USER] = user_slot
    example[BEFORE] = before_slot
    for place in range(len(rows)):
        describe(example, rows[place], item_slots)
        scores[place] = score_of(example, ones, parameters, bias[0], sums)
