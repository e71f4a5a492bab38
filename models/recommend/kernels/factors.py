"""Matrix factorisation by incremental BPR: each interaction is told from sampled items that the user has not touched.

Rendle, Freudenthaler, Gantner & Schmidt-Thieme 2009: BPR: Bayesian Personalized Ranking from Implicit Feedback, one
step per sampled pair, in the order of the stream. Random numbers are a function of (seed, event, draw).
"""

from __future__ import annotations

import math

import numpy as np

from models.compiled import Floats, inlined, kernel
from models.recommend.kernels.arithmetic import dot, sigmoid
from models.recommend.kernels.layout import BLOCK, Bounds, Factors, Scratch

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_M1, _M2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_S30, _S27, _S31, _S40 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(40)

SPREAD = 0.1
"""Drawn factors are in [-SPREAD, SPREAD)."""
FURTHEST = np.float32(8.0)
"""Factors and biases stay within [-FURTHEST, FURTHEST]."""
TRIES = 2
"""Draws per negative; one that may not be taken is drawn again, and then left out."""


@inlined
def bits(seed: np.uint64, sequence: int, draw: int) -> np.uint64:
    """64 random bits: the finaliser of SplitMix64 (Steele, Lea & Flood 2014), twice."""
    z = seed ^ (np.uint64(sequence) * _GOLDEN)
    z = (z ^ (z >> _S30)) * _M1
    z = (z ^ (z >> _S27)) * _M2
    z = (z ^ (z >> _S31)) + np.uint64(draw) * _GOLDEN
    z = (z ^ (z >> _S30)) * _M1
    z = (z ^ (z >> _S27)) * _M2
    return z ^ (z >> _S31)


@inlined
def draw_vector(
    vectors: Floats, row: int, k: int, seed: np.uint64, sequence: int, first: int
) -> None:
    """Small random factors for one that is new, from draws `first`, `first` + 1..."""
    for d in range(k):
        word = bits(seed, sequence, first + d) >> _S40
        vectors[row, d] = (float(word) * 2.0**-23 - 1.0) * SPREAD


@inlined
def within(x: np.float32) -> np.float32:
    """x in [-FURTHEST, FURTHEST]."""
    return min(max(x, -FURTHEST), FURTHEST)


@kernel
def step_pair(f: Factors, user: int, item: int, other: int, rate: float) -> None:
    """One step of BPR: the user prefers `item` to `other`."""
    margin = (
        f.biases[item]
        - f.biases[other]
        + dot(f.users, user, f.items, item)
        - dot(f.users, user, f.items, other)
    )
    pull = np.float32(rate * sigmoid(-margin))
    shrink = np.float32(1.0 - rate * f.regularisation)
    for d in range(f.k):
        p, q, r = f.users[user, d], f.items[item, d], f.items[other, d]
        f.users[user, d] = within(shrink * p + pull * (q - r))
        f.items[item, d] = within(shrink * q + pull * p)
        f.items[other, d] = within(shrink * r - pull * p)
    f.biases[item] = within(shrink * f.biases[item] + pull)
    f.biases[other] = within(shrink * f.biases[other] - pull)


@inlined
def raise_bounds(f: Factors, b: Bounds, item: int) -> None:
    """Let an item's block know its factors."""
    block = b.places[item] // BLOCK
    norm = np.float32(math.sqrt(dot(f.items, item, f.items, item)))
    b.norms[block] = max(b.norms[block], norm)
    b.biases[block] = max(b.biases[block], f.biases[item])


@kernel
def learn_factors(
    f: Factors,
    b: Bounds,
    s: Scratch,
    user: int,
    item: int,
    sequence: int,
    extent: int,
    weight: float,
) -> None:
    """Learn an interaction against negatives among the rows below `extent` that are not marked as seen.

    Only items that were learned before are known, and those that went are not any more.
    """
    rate = f.rate * min(weight, 1.0)
    if f.users_known[user] == 0:
        f.users_known[user] = 1
        draw_vector(f.users, user, f.k, f.seed, sequence, 1_000_000)
    if f.items_known[item] == 0:
        f.items_known[item] = 1
        draw_vector(f.items, item, f.k, f.seed, sequence, 2_000_000)
    for negative in range(f.negatives):
        for attempt in range(TRIES):
            word = bits(f.seed, sequence, negative * TRIES + attempt)
            other = np.int64(((word >> np.uint64(32)) * np.uint64(extent)) >> np.uint64(32))
            usable = f.items_known[other] == 1 and other != item and s.marks[other] != s.serial[0]
            if usable:
                step_pair(f, user, item, other, rate)
                raise_bounds(f, b, other)
                f.items_dirty[other] = 1
                break
    raise_bounds(f, b, item)
    f.items_dirty[item] = 1
    f.users_dirty[user] = 1
