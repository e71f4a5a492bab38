"""What is written as vector instructions, against the plain form of it: to the bit, for any length."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.compiled import kernel
from models.forest.kernels.find import _plain as find_plainly
from models.forest.kernels.find import find
from models.forest.kernels.span import _plain as span_plainly
from models.forest.kernels.span import span

AT, X_AT = 3, 2
"""Boxes and points lie somewhere in their arrays, between others."""


@kernel
def compiled_find(array, start, length, value):
    return find(array, start, length, value)


@kernel
def compiled_span(boxes, b, points, members, m, xs, x, dims):
    return span(boxes, b, points, members, m, xs, x, dims)


@pytest.mark.parametrize("kind", [np.uint16, np.uint32])
@given(st.data())
def test_the_first_of_equal_numbers_is_found(kind: type, data: st.DataObject) -> None:
    numbers = data.draw(st.lists(st.integers(0, 40), max_size=120))
    array: np.ndarray = np.array(numbers, kind)
    start = data.draw(st.integers(0, len(numbers)))
    length = data.draw(st.integers(0, len(numbers) - start))
    wanted = data.draw(st.integers(0, 40))
    within = numbers[start : start + length]
    expected = within.index(wanted) if wanted in within else length
    assert compiled_find(array, start, length, wanted) == expected
    assert find_plainly(array, start, length, wanted) == expected


@given(st.data())
def test_a_box_of_points_and_how_far_another_is_beyond_it(data: st.DataObject) -> None:
    dims, held = data.draw(st.integers(1, 40)), data.draw(st.integers(1, 12))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    points = rng.normal(size=200 + dims).round(data.draw(st.integers(0, 4))).astype(np.float32)
    members = rng.integers(0, 200, size=held)
    m = data.draw(st.integers(1, held))
    xs = rng.normal(size=X_AT + dims + 1).astype(np.float32)
    made, plain = (np.full(AT + 2 * dims + 4, 7.0, np.float32) for _ in range(2))
    sums = compiled_span(made, AT, points, members, m, xs, X_AT, dims)
    assert sums == span_plainly(plain, AT, points, members, m, xs, X_AT, dims)
    assert np.array_equal(made, plain)
    rows = np.array([points[y : y + dims] for y in members[:m]])
    assert np.array_equal(made[AT : AT + dims], rows.min(axis=0))
    assert np.array_equal(made[AT + dims : AT + 2 * dims], rows.max(axis=0))
    assert (made[:AT] == 7.0).all()
    assert (made[AT + 2 * dims :] == 7.0).all()
