"""Counter-based random numbers: a pure function of (seed, tree, point, purpose), with no state to save.

Nothing here hangs on a transcendental function at run time: the one logarithm that the reservoir needs is read from a
table and rounded to a fixed point, so that every machine draws the same sample.
"""

from __future__ import annotations

import math

import numpy as np

from models.compiled import kernel

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
M1 = np.uint64(0xBF58476D1CE4E5B9)
M2 = np.uint64(0x94D049BB133111EB)
S30, S27, S31, S11 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11)

SAMPLING = 0
"""Purpose of the draw that decides on a reservoir; cuts at depth d use purpose 1 + d."""

ROWS, COLUMNS = 54, 256
FIXED_POINT = 2.0**32


def _log_exponential_table() -> np.ndarray:
    """ln(-ln(1 - v)) at v = 2**-row * (1/2 + column/512), rounded to 2**-32."""
    table = np.empty((ROWS, COLUMNS + 1), np.float64)
    for row in range(ROWS):
        for column in range(COLUMNS + 1):
            v = min(2.0**-row * (0.5 + column / (2.0 * COLUMNS)), 1.0 - 2.0**-12)
            table[row, column] = round(math.log(-math.log1p(-v)) * FIXED_POINT)
    return table


LOG_EXPONENTIAL = _log_exponential_table()


@kernel
def mix(z: np.uint64) -> np.uint64:
    """The finaliser of SplitMix64 (Steele, Lea & Flood 2014): a bijection of 64 bits."""
    z = (z ^ (z >> S30)) * M1
    z = (z ^ (z >> S27)) * M2
    return z ^ (z >> S31)


@kernel
def tree_seed(seed: np.uint64, tree: int) -> np.uint64:
    """The 64-bit seed of one tree of a forest."""
    return mix(seed + GOLDEN * np.uint64(tree + 1))


@kernel
def bits(seed: np.uint64, seq: int, purpose: int) -> np.uint64:
    """64 random bits of one tree for one point and purpose."""
    return mix(mix(seed ^ (np.uint64(seq) * GOLDEN)) + np.uint64(purpose) * M2)


@kernel
def uniform(word: np.uint64) -> float:
    """A float64 in [0, 1) with 53 random bits."""
    return float(word >> S11) * 2.0**-53


@kernel
def priority(seed: np.uint64, number: int, faded: int) -> np.int64:
    """Sampling priority of a point in one tree, in units of 2**-32; a reservoir keeps the smallest.

    ln(Exp(1)) - faded: the exponential-jump form of weighted reservoir sampling (Efraimidis & Spirakis 2006) with
    weight e**faded. Fixed point keeps its precision however large `faded` grows; past 64 bits it wraps around.
    """
    v = max(uniform(bits(seed, number, SAMPLING)), 2.0**-53)
    mantissa, exponent = math.frexp(v)
    place = (mantissa - 0.5) * (2.0 * COLUMNS)
    column = int(place)
    low = LOG_EXPONENTIAL[-exponent, column]
    value = low + (LOG_EXPONENTIAL[-exponent, column + 1] - low) * (place - column)
    # Unsigned, because a compiler may take it that signed numbers never wrap around.
    return np.int64(np.uint64(np.int64(value)) - np.uint64(faded))


@kernel
def likely_row(row: int, room: int) -> int:
    """The first row of the table that starts at or below `room`, sought from a row near it; -1 below all of them."""
    while row > 0 and LOG_EXPONENTIAL[row - 1, 0] <= room:
        row -= 1
    while row < ROWS and LOG_EXPONENTIAL[row, 0] > room:
        row += 1
    return row if row < ROWS else -1


@kernel
def surely_above(seed: np.uint64, number: int, row: int) -> bool:
    """Whether the random number of a point's priority belongs to a row of the table before this one."""
    return (bits(seed, number, SAMPLING) >> S11) >= (np.uint64(1) << np.uint64(53 - row))


@kernel
def exceeds(a: int, b: int) -> bool:
    """Whether priority a is greater than b, seen from either: their difference counts, as for numbers on a dial."""
    return bool(np.int64(np.uint64(a) - np.uint64(b)) > 0)
