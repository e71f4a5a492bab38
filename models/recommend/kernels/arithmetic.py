"""Logarithm, exponential and sigmoid from additions, multiplications and divisions alone.

A library's may differ in the last bit from one processor to another. What is learned feeds on itself, so such a bit
would grow; these give the same on every machine. Dot products are summed in one written-out order for the same reason.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.compiled import Floats, inlined

_MANTISSA = np.int64((1 << 52) - 1)
_ONE = np.int64(1023 << 52)
_S52 = np.int64(52)
_LOG2_E = 1.4426950408889634
_SQRT_2 = 1.4142135623730951

LANES = 8
"""Vectors have a multiple of so many numbers, padded by zeros."""


@inlined
def log2(x: float) -> float:
    """Base-2 logarithm of a normal positive number; off by less than 1e-9.

    The series of 2 artanh((m - 1) / (m + 1)) for the mantissa m in [1 / sqrt 2, sqrt 2].
    """
    word = np.float64(x).view(np.int64)
    exponent = (word >> _S52) - np.int64(1023)
    m = np.int64((word & _MANTISSA) | _ONE).view(np.float64)
    if m > _SQRT_2:
        m *= 0.5
        exponent += 1
    s = (m - 1.0) / (m + 1.0)
    q = s * s
    series = 1.0 + q * (1.0 / 3.0 + q * (0.2 + q * (1.0 / 7.0 + q * (1.0 / 9.0 + q / 11.0))))
    return exponent + 2.0 * _LOG2_E * s * series


@inlined
def above_log2(x: float) -> float:
    """A bound of log2 of a normal positive number, at most 0.087 above it: the line through each two powers, raised."""
    return float(np.float64(x).view(np.int64)) * 2.0**-52 - (1023.0 - 0.0861)


@inlined
def exp2(x: float) -> float:
    """2**x, x taken into [-1000, 1000]; relative error below 1e-9. The Taylor series of the fractional part."""
    x = min(max(x, -1000.0), 1000.0)
    whole = np.int64(np.floor(x + 0.5))
    y = (x - whole) / _LOG2_E
    tail = 1.0 + y / 5.0 * (1.0 + y / 6.0 * (1.0 + y / 7.0 * (1.0 + y / 8.0 * (1.0 + y / 9.0))))
    series = 1.0 + y * (1.0 + y / 2.0 * (1.0 + y / 3.0 * (1.0 + y / 4.0 * tail)))
    power = np.int64((whole + np.int64(1023)) << _S52).view(np.float64)
    return series * power


@inlined
def sigmoid(x: float) -> float:
    """1 / (1 + e**-x)."""
    return 1.0 / (1.0 + exp2(-x * _LOG2_E))


@inlined
def dot(a: Floats, i: int, b: Floats, j: int) -> float:
    """a[i] . b[j], rows of a multiple of LANES float32."""
    s0 = s1 = s2 = s3 = s4 = s5 = s6 = s7 = np.float32(0.0)
    for d in range(0, a.shape[1], LANES):
        s0 += a[i, d] * b[j, d]
        s1 += a[i, d + 1] * b[j, d + 1]
        s2 += a[i, d + 2] * b[j, d + 2]
        s3 += a[i, d + 3] * b[j, d + 3]
        s4 += a[i, d + 4] * b[j, d + 4]
        s5 += a[i, d + 5] * b[j, d + 5]
        s6 += a[i, d + 6] * b[j, d + 6]
        s7 += a[i, d + 7] * b[j, d + 7]
    return float(((s0 + s4) + (s2 + s6)) + ((s1 + s5) + (s3 + s7)))


@inlined
def whole_dot(a: NDArray[np.int16], i: int, b: NDArray[np.int8], j: int) -> float:
    """a[i] . b[j], which must be below 2**31. Whole numbers may be added in any order, so this is fast."""
    total = np.int32(0)
    for d in range(a.shape[1]):
        total = np.int32(total + np.int32(a[i, d]) * np.int32(b[j, d]))
    return float(total)
