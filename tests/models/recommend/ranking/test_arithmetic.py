import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.recommend.kernels.arithmetic import dot, exp2, log2, sigmoid


@given(st.floats(1e-300, 1e300))
def test_log2(x: float) -> None:
    assert log2(x) == pytest.approx(math.log2(x), rel=1e-9, abs=2e-9)


@given(st.floats(-1e6, 1e6))
def test_exp2(x: float) -> None:
    assert exp2(x) == pytest.approx(2.0 ** min(max(x, -1000.0), 1000.0), rel=1e-8)


@given(st.floats(-1e6, 1e6))
def test_sigmoid(x: float) -> None:
    assert sigmoid(x) == pytest.approx(1.0 / (1.0 + math.exp(-min(max(x, -690), 690))), rel=1e-8)


@given(st.integers(0, 4), st.integers(0, 2**32))
def test_dot(lanes: int, seed: int) -> None:
    a, b = np.random.default_rng(seed).normal(size=(2, 3, 8 * lanes)).astype(np.float32)
    assert dot(a, 1, b, 2) == pytest.approx(float(a[1].astype(float) @ b[2]), abs=1e-4)
