from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from stream.codec.rounding import significant

FINITE = st.floats(allow_nan=False, allow_infinity=False, width=64).filter(
    lambda x: x == 0.0 or 1e-290 < abs(x) < 1e290
)


@given(arrays(np.float64, st.integers(0, 20), elements=FINITE))
def test_nine_digits_at_most_and_no_more_than_half_a_unit_away(values: np.ndarray) -> None:
    rounded = significant(values)
    for value, result in zip(values.tolist(), rounded.tolist(), strict=True):
        digits = f"{result!r}".lower().split("e")[0].strip("-0").replace(".", "").strip("0")
        assert len(digits) <= 9
        assert abs(result - value) <= 5.1e-9 * abs(value)
        assert (result == 0.0) == (value == 0.0)


@pytest.mark.parametrize(
    ("value", "rounded"),
    [
        (0.1 + 0.2, 0.3),
        (1 / 3, 0.333333333),
        (999.9999999999999, 1000.0),
        (1000.0000000000001, 1000.0),
        (12345678912.0, 12345678900.0),
        (1e-300 / 3, 3.33333333e-301),
        (1e150 / 3, 3.33333333e149),
        (-2 / 3, -0.666666667),
        (5e-324, 5e-324),
        (0.0, 0.0),
    ],
)
def test_known_values(value: float, rounded: float) -> None:
    assert significant(np.array([value])).tolist() == [rounded]


@given(FINITE.filter(bool))
def test_it_is_idempotent_and_hides_an_ulp_of_a_short_number(value: float) -> None:
    (short,) = significant(np.array([value]))
    around = np.array([np.nextafter(short, -np.inf), short, np.nextafter(short, np.inf)])
    assert significant(around).tolist() == [short] * 3


def test_any_shape() -> None:
    assert significant(np.full((2, 0, 3), 1.0)).shape == (2, 0, 3)
    assert significant(np.full((2, 3), 1 / 3)).tolist() == [[0.333333333] * 3] * 2
