"""How kernels are compiled: one decorator, and a cache that never outlives the code it was made from.

Numba's on-disk cache looks at the file of the compiled function alone, not at those of the functions it calls. The
cache folder is therefore named after a digest of all kernel sources: any change starts a fresh one.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import numba
import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

_HERE = Path(__file__).parent


def _digest() -> str:
    digest = hashlib.blake2b(numba.__version__.encode(), digest_size=8)
    for source in sorted(_HERE.rglob("kernels/*.py")):
        digest.update(source.read_bytes())
    return digest.hexdigest()


if not numba.config.CACHE_DIR:
    numba.config.CACHE_DIR = str(_HERE / "__pycache__" / f"kernels-{_digest()}")

kernel = njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
"""Compiled without reference counting: a kernel works on arrays that its caller holds, and allocates none.

Counting references costs more than the kernels' own work, because taking an array out of a named tuple counts one.
"""

inlined = njit(cache=True, nogil=True, error_model="numpy", _nrt=False, forceinline=True)
"""A kernel that becomes part of each that calls it: for those on the path of every record.

A named tuple is passed field by field, and an arena has some 150 of them (every array counts for seven): more work
than many a kernel does.
"""

index = np.uint64
"""An index that is known not to be negative.

A signed one may count from the end, which costs a test at each use and keeps loops from being vectorised. Never add a
signed integer to it: Numba makes that a float.
"""
