"""The window of recent scores and its tail agree with plain lists, and the tail is a tail."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.detector.kernels.calibrate import (
    ENOUGH,
    TAIL,
    WINDOW,
    remember,
    remember_usual,
    shape_of,
    tail,
    tail_lengths,
    tail_probability,
)
from models.detector.kernels.layout import KEY
from tests import naive_detector as naive

scores = st.floats(0.0, 8.0, width=32)
windows = st.lists(scores | st.sampled_from([0.5, 1.0]), min_size=ENOUGH, max_size=60)
rates = st.sampled_from([0.04, 1e-2, 1e-3, 1e-4, 1e-9, 1e-200])


class Kept:
    """What the kernels keep of one key's scores."""

    def __init__(self) -> None:
        self.key = np.zeros(1, KEY)
        self.in_order = np.zeros(WINDOW, np.float32)
        self.ranked = np.zeros(WINDOW, np.float32)

    @property
    def held(self) -> int:
        return int(self.key[0]["scores"])

    def remember(self, score: float) -> None:
        remember(self.key[0], self.in_order, self.ranked, np.float32(score))


def ranked(window: list[float]) -> np.ndarray:
    return np.sort(np.array(window, np.float32))


@given(st.integers(1, 3 * WINDOW), st.integers(0, 2**32), st.sampled_from([3, 50, 10**6]))
@settings(max_examples=15)
def test_the_window_is_the_newest_scores_and_the_same_sorted(
    n: int, seed: int, distinct: int
) -> None:
    kept, twin = Kept(), naive.Window()
    for score in np.random.default_rng(seed).integers(0, distinct, n) / 7.0:
        kept.remember(score)
        twin.remember(score)
    start = int(kept.key[0]["oldest"])
    in_order = np.roll(kept.in_order[: kept.held], -start) if kept.held else kept.in_order[:0]
    assert in_order.tolist() == twin.scores
    assert kept.ranked[: kept.held].tolist() == sorted(twin.scores)


@given(st.lists(scores, min_size=1, max_size=200), st.integers(1, 9), scores)
@settings(max_examples=40)
def test_unusual_scores_wait_for_their_turn(
    stream: list[float], shingle_size: int, unusual: float
) -> None:
    kept, twin = Kept(), naive.Window()
    for score in stream:
        remember_usual(kept.key[0], kept.in_order, kept.ranked, score, unusual, shingle_size)
        twin.remember_usual(score, unusual, shingle_size)
        assert kept.key[0]["beyond"] == twin.beyond
    assert kept.in_order[: kept.held].tolist() == twin.scores


@given(windows)
def test_the_tail_is_that_of_the_twin(window: list[float]) -> None:
    start, scale, step = tail(ranked(window), len(window))
    twin = naive.tail(window)
    assert (start, scale) == pytest.approx((twin.start, twin.scale), rel=1e-6, abs=1e-12)
    assert shape_of(step) == twin.shape


@given(windows, scores)
def test_the_tail_probability_is_that_of_the_twin(window: list[float], score: float) -> None:
    start, scale, step = tail(ranked(window), len(window))
    twin = naive.Tail(start, scale, shape_of(step))
    found = tail_probability(ranked(window), len(window), start, scale, step, score)
    assert found == pytest.approx(naive.tail_probability(window, twin, score), rel=1e-9, abs=1e-300)


@given(windows, st.lists(st.floats(0.0, 300.0), min_size=2, max_size=20))
def test_a_higher_score_is_never_more_probable(window: list[float], asked: list[float]) -> None:
    fit = tail(ranked(window), len(window))
    found = [tail_probability(ranked(window), len(window), *fit, score) for score in sorted(asked)]
    assert found == sorted(found, reverse=True)
    assert all(0.0 <= p <= 1.0 for p in found)


@given(windows, rates)
def test_at_the_threshold_the_probability_is_the_alarm_rate(
    window: list[float], rate: float
) -> None:
    start, scale, step = tail(ranked(window), len(window))
    length = float(tail_lengths(rate)[step])
    threshold = start + scale * length
    assert threshold > start
    # Only a score far enough from zero resolves so small a step.
    if math.isfinite(threshold) and scale * length > 1e-6 * start:
        found = tail_probability(ranked(window), len(window), start, scale, step, threshold)
        assert found == pytest.approx(rate, rel=1e-3)


def test_lengths_rise_with_the_shape_and_fall_with_the_rate() -> None:
    tables = [tail_lengths(rate) for rate in (0.09, 1e-2, 1e-3, 1e-6, 1e-300, 0.0)]
    for table in tables:
        assert np.all(np.diff(table) > 0)
        assert np.all(np.isfinite(table))
        assert np.all(table > 0)
    for rarer, table in zip(tables[1:5], tables, strict=False):
        assert np.all(rarer > table)
    assert np.all(tail_lengths(TAIL) == 0)


@pytest.mark.parametrize("shape", [-0.3, 0.0, 0.2, 0.4])
def test_the_fit_finds_the_tail_of_a_large_sample(shape: float) -> None:
    # Quantiles of 1 + a generalised Pareto tail of scale 0.5 above the 90 % quantile.
    share = np.arange(WINDOW)[::-1] / WINDOW + 0.5 / WINDOW
    beyond = np.minimum(share / TAIL, 1.0)
    excess = -0.5 * np.log(beyond) if shape == 0 else 0.5 * (beyond**-shape - 1) / shape
    start, scale, step = tail((1.0 + excess).astype(np.float32), WINDOW)
    drawn = 0.3 + (shape - 0.3) * 51 / 101
    assert start == pytest.approx(1.0, abs=0.01)
    assert shape_of(step) == pytest.approx(drawn, abs=0.06)
    assert scale == pytest.approx(0.5 * (1 - drawn) / (1 - shape), rel=0.15)
