"""Choosing a few of many by chance, each with a probability that is known exactly.

Systematic sampling with unequal probabilities (Madow 1949): the probabilities are laid end to end on a line, and one
random start, then every whole step from it, picks those whose stretch it falls in. Whole numbers in units of 2**-32
make it exact.
"""

from __future__ import annotations

from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from models.compiled import Doubles, Flags, Ints

CERTAIN = 2**32
"""Probability 1 as a whole number."""
_GRAIN = 2.0**20


def inclusion(likeness: Doubles | NDArray[np.float32], expected: float, chance: float) -> Ints:
    """(n,): probability of each to be among the chosen, in units of 2**-32; they sum up to min(expected, n).

    likeness: (n,) from -1 to 1; below 0 counts as 0.
    chance: the share that is spread evenly over all; the rest goes by the square of the likeness.
    """
    # Rounded, so that a choice does not hang on the last bit of a dot product.
    squares = np.round(np.maximum(likeness.astype(np.float64), 0.0) ** 2 * _GRAIN)
    total, n = float(squares.sum()), len(squares)
    by_likeness = squares / total if total > 0.0 else np.full(n, 1.0 / n)
    shares = chance / n + (1.0 - chance) * by_likeness
    return _whole(_at_most_one(shares, min(expected, float(n))), min(expected, float(n)))


def choose(probabilities: Ints, start: int) -> Flags:
    """(n,): which are chosen, from a random start of 32 bits; as many as the probabilities sum up to, or one less."""
    ends = np.cumsum(probabilities)
    # Steps at start, start + 1, ... that lie before each end.
    before = (ends - 1 - start) // CERTAIN
    return np.diff(before, prepend=(-1 - start) // CERTAIN) > 0


def start_of(seed: int, user: str | None, draw: int) -> int:
    """32 random bits for one answer; the same draw of the same user gives the same."""
    key = f"{seed}:{draw}:{'' if user is None else '=' + user}".encode()
    return int.from_bytes(blake2b(key, digest_size=4).digest(), "little")


def _at_most_one(shares: Doubles, expected: float) -> Doubles:
    """Probabilities in proportion to shares, as far as none is above 1, that sum up to `expected`."""
    probabilities = expected * shares
    certain = np.zeros(len(shares), np.bool_)
    while (probabilities[~certain] > 1.0).any():
        certain |= probabilities >= 1.0
        left = float(shares[~certain].sum())
        probabilities = shares * ((expected - certain.sum()) / left if left > 0.0 else 0.0)
        probabilities[certain] = 1.0
    return probabilities


def _whole(probabilities: Doubles, expected: float) -> Ints:
    whole = np.minimum((probabilities * CERTAIN).astype(np.int64), CERTAIN)
    missing = round(expected * CERTAIN) - int(whole.sum())
    room = CERTAIN - whole
    given = np.clip(missing - (np.cumsum(room) - room), 0, room)
    return whole + given
