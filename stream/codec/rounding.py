"""Nine significant digits, so that the last bits of a number never show in an output."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

DIGITS = 9
_EXACT = 22
"""Powers of ten up to this exponent are exact in float64, so one division rounds correctly."""
_POWERS = np.array([float(f"1e{exponent}") for exponent in range(_EXACT + 1)])


def significant(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """`values`, finite and of any shape, rounded to nine significant digits."""
    magnitude = np.abs(values)
    # Where log10 is an ulp off at a power of ten, nine and ten digits give the same number.
    exponent = np.floor(np.log10(np.where(magnitude > 0.0, magnitude, 1.0)))
    shift = (DIGITS - 1 - exponent).astype(np.int64)
    near = np.abs(shift) <= _EXACT
    up = _POWERS[np.where(near, np.maximum(shift, 0), 0)]
    down = _POWERS[np.where(near, np.maximum(-shift, 0), 0)]
    rounded: NDArray[np.float64] = np.rint(values * up / down) / up * down
    for index in np.argwhere(~near):
        where = tuple(index)
        rounded[where] = float(f"{values[where]:.{DIGITS}g}")
    return rounded
