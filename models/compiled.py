"""How kernels are compiled: one decorator, and a cache that never outlives the code it was made from.

Numba's on-disk cache looks at the file of the compiled function alone, not at those of the functions it calls. The
cache folder is therefore named after a digest of all kernel sources: any change starts a fresh one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import numba
import numpy as np
from numba import njit
from numba.core.event import Event, Listener, install_listener
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

KERNELS: list[Any] = []
"""Every kernel of the modules that were imported so far."""


def _compiling(*, inline: bool) -> Callable[[Callable[..., object]], object]:
    compiled = njit(cache=True, nogil=True, error_model="numpy", _nrt=False, forceinline=inline)

    def decorated(function: Callable[..., object]) -> object:
        KERNELS.append(compiled(function))
        return KERNELS[-1]

    return decorated


kernel: Any = _compiling(inline=False)
"""Compiled without reference counting: a kernel works on arrays that its caller holds, and allocates none.

Counting references costs more than the kernels' own work, because taking an array out of a named tuple counts one.
"""

inlined: Any = _compiling(inline=True)
"""A kernel that becomes part of each that calls it: for those on the path of every record.

A named tuple is passed field by field, and an arena has some 150 of them (every array counts for seven): more work
than many a kernel does.
"""

signed = cast(Callable[[Any], int], np.int64)
"""An unsigned number as a signed one: where the two meet, a compiled kernel makes a float of them."""

index = np.uint64
"""An index that is known not to be negative.

A signed one may count from the end, which costs a test at each use and keeps loops from being vectorised. Never add a
signed integer to it: Numba makes that a float.
"""


class _Watch(Listener):  # type: ignore[misc]  # Numba ships no types
    def __init__(self, report: Callable[[int, int], object]) -> None:
        self._report = report
        self._compiled: set[int] = set()

    def on_start(self, event: Event) -> None:
        if not self._compiled and _is_kernel(event):
            self._report(0, len(KERNELS))

    def on_end(self, event: Event) -> None:
        if _is_kernel(event) and id(event.data["dispatcher"]) not in self._compiled:
            self._compiled.add(id(event.data["dispatcher"]))
            self._report(len(self._compiled), len(KERNELS))


def _is_kernel(event: Event) -> bool:
    # Numba also tells of functions of its own that it compiles on the way.
    return any(event.data["dispatcher"] is known for known in KERNELS)


@contextmanager
def watched(report: Callable[[int, int], object]) -> Iterator[None]:
    """Tell of the kernels that get compiled in the block: how many were, and of how many at most.

    Nothing is told of kernels that are read from the cache.
    """
    with install_listener("numba:compile", _Watch(report)):
        yield
