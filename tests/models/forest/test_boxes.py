"""Boxes against NumPy, and the vector form of their sums against the plain one: to the bit, for any length."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.compiled import kernel
from models.forest.kernels import boxes
from models.forest.kernels.lanes import overflow_and_extent, plain_sums
from tests import naive

AT, X_AT = 5, 3
"""Boxes and points lie somewhere in their arrays, between others."""


@kernel
def compiled_sums(held, b, xs, x, dims):
    return overflow_and_extent(held, b, b + dims, xs, x, dims)


@st.composite
def box_and_point(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, int]:
    """(array with a box at AT and one more after it, array with a point at X_AT, dimensions)."""
    dims = draw(st.integers(1, 70))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    scale = 10.0 ** rng.integers(-40, 29, size=dims) if draw(st.booleans()) else 1.0
    corners = np.round(rng.normal(size=(5, dims)) * 2, draw(st.integers(0, 6))) * scale
    low, high = corners[:2].min(axis=0), corners[:2].max(axis=0)
    other_low, other_high = corners[2:4].min(axis=0), corners[2:4].max(axis=0)
    around = np.full(AT, 1e30)
    held = np.concatenate([around, low, high, other_low, other_high, around])
    xs = np.concatenate([np.full(X_AT, -1e30), corners[4], around])
    return held.astype(np.float32), xs.astype(np.float32), dims


@given(box_and_point())
def test_sums_are_the_same_compiled_and_plain(drawn: tuple[np.ndarray, np.ndarray, int]) -> None:
    held, xs, dims = drawn
    compiled = compiled_sums(held, AT, xs, X_AT, dims)
    assert compiled == plain_sums(held, AT, AT + dims, xs, X_AT, dims)
    low, high, x = held[AT:][:dims], held[AT + dims :][:dims], xs[X_AT:][:dims]
    zero = np.zeros_like(x)
    overflow = np.maximum(low - x, zero) + np.maximum(x - high, zero)
    assert compiled == (naive.total(overflow), naive.total(high - low))
    assert compiled[1] == pytest.approx(np.sum((high - low).astype(np.float64)), rel=1e-5)
    distance = boxes.point_distance(xs, X_AT, held, AT, dims)
    assert distance == naive.total(np.abs(x - low))


@given(box_and_point())
def test_boxes_grow_and_are_copied(drawn: tuple[np.ndarray, np.ndarray, int]) -> None:
    held, xs, dims = drawn
    box, other = slice(AT, AT + 2 * dims), slice(AT + 2 * dims, AT + 4 * dims)
    x = xs[X_AT:][:dims]
    corners = held[box].reshape(2, dims).copy()
    others = held[other].reshape(2, dims).copy()
    before = held.copy()

    touches = bool(np.any((x == corners[0]) | (x == corners[1])))
    assert boxes.box_touches(held, AT, xs, X_AT, dims) == touches
    assert np.array_equal(held, before)

    boxes.box_add_point(held, AT, xs, X_AT, dims)
    grown = np.array([np.minimum(corners[0], x), np.maximum(corners[1], x)])
    assert np.array_equal(held[box].reshape(2, dims), grown)
    assert boxes.box_overflow(held, AT, xs, X_AT, dims)[0] == 0.0

    boxes.box_add_box(held, AT, AT + 2 * dims, dims)
    union = np.array([np.minimum(grown[0], others[0]), np.maximum(grown[1], others[1])])
    assert np.array_equal(held[box].reshape(2, dims), union)

    boxes.box_copy(held, AT, AT + 2 * dims, dims)
    assert np.array_equal(held[box].reshape(2, dims), others)
    boxes.box_of_point(held, AT, xs, X_AT, dims)
    assert np.array_equal(held[box].reshape(2, dims), [x, x])
    assert np.array_equal(held[other].reshape(2, dims), others)
    assert np.array_equal(held[:AT], before[:AT])
    assert np.array_equal(held[-AT:], before[-AT:])
