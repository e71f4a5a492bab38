"""What the tests of the models share."""

from __future__ import annotations

from collections.abc import Iterator

import numba
import numpy as np
import pytest
from hypothesis import settings

COMPILED = not numba.config.DISABLE_JIT


@pytest.fixture(autouse=True)
def _wrapping_integers() -> Iterator[None]:
    """Uncompiled, the random numbers multiply NumPy scalars: 64 bits wrap around as they must, but NumPy warns."""
    with np.errstate(over="warn" if COMPILED else "ignore"):
        yield


@pytest.fixture(scope="session")
def compiled() -> None:
    """For tests that need so many draws that only compiled kernels make them in time."""
    if not COMPILED:
        pytest.skip("needs more draws than kernels run by the interpreter make in time")


def examples(n: int) -> settings:
    """So many examples, or a tenth of them where the interpreter runs the kernels."""
    return settings(max_examples=n if COMPILED else max(2, n // 10))
