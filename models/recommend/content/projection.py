"""From any number of features to 64: a seeded random projection that is never stored.

Each feature adds its weight to every component, with the sign that one bit of its hash gives: the random signs of
Achlioptas (2003), drawn by hashing (Weinberger et al. 2009). Cosines survive it up to about 1/8.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.compiled import Doubles, Floats

DIMENSIONS = 64

_GOLDEN = 0x9E3779B97F4A7C15
_M1, _M2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_S30, _S27, _S31 = np.uint64(30), np.uint64(27), np.uint64(31)
_BITS = np.arange(DIMENSIONS, dtype=np.uint64)


def project(hashes: Sequence[int], weights: Doubles, seed: int) -> Floats:
    """The weighted features as one vector (64,), not scaled."""
    signs = _signs(np.array(hashes, np.uint64), seed)
    return (signs * weights[:, None]).sum(axis=0).astype(np.float32)


def foreign(vector: Sequence[float], seed: int) -> Floats:
    """Another embedding as one of unit length (64,), as it is where it has 64 numbers; zero where it is zero."""
    own = np.array(vector, np.float64)
    # By the largest first, because sums and squares may leave the range of floats.
    own /= max(float(np.abs(own).max()), np.finfo(np.float64).tiny)
    return unit(own if len(own) == DIMENSIONS else project(range(len(own)), own, seed))


def unit(vector: NDArray[np.floating]) -> Floats:
    """The vector at length 1; zero where it is zero."""
    exact = vector.astype(np.float64)
    length = float(np.sqrt((exact * exact).sum()))
    return (exact / length if length else exact).astype(np.float32)


def _signs(hashes: NDArray[np.uint64], seed: int) -> Doubles:
    """+1 or -1 per feature and component, by the finaliser of SplitMix64 (Steele, Lea & Flood 2014)."""
    words = hashes + np.uint64((seed + 1) * _GOLDEN % 2**64)
    words = (words ^ (words >> _S30)) * _M1
    words = (words ^ (words >> _S27)) * _M2
    words ^= words >> _S31
    return 1.0 - 2.0 * ((words[:, None] >> _BITS) & np.uint64(1)).astype(np.float64)
