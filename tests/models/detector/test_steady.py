"""Streams that stand still, return, climb or hop between two values: no news, no alarm."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tests.models.conftest import COMPILED
from tests.models.detector.runs import flagged, noise, noisy_sine, run, small

LONG = 20_000 if COMPILED else 1_000
CENTRES = [0.0, 7.3, 1e8 + 1, -3e-5, 1e-30]


@pytest.mark.parametrize("value", CENTRES)
@pytest.mark.parametrize("shingle_size", [1, 4])
def test_a_constant_stream_is_never_flagged(value: float, shingle_size: int) -> None:
    config = small(shingle_size=shingle_size, alarm_rate=0.04)
    assert flagged(run(config, np.full(LONG, value))) == []


@pytest.mark.parametrize("share", [1e-9, 1e-3, 1.0])
@pytest.mark.parametrize("value", [7.3, 1e8 + 1])
@pytest.mark.parametrize("shingle_size", [1, 4])
def test_a_change_from_constant_is_flagged_and_the_return_is_not(
    share: float, value: float, shingle_size: int
) -> None:
    stream = np.full(1_000, value)
    stream[900] = value * (1.0 + share)
    found = flagged(run(small(shingle_size=shingle_size), stream))
    assert found[0] == 900
    assert found[-1] < 900 + shingle_size


def test_a_change_from_zero_is_flagged() -> None:
    stream = np.zeros(1_200)
    stream[900] = 1e-12
    assert flagged(run(small(), stream)) == [900, 901]


@pytest.mark.parametrize("time_decay", [None, 0.05, 1.0])
@pytest.mark.parametrize("value", CENTRES)
def test_a_stream_that_comes_to_rest_is_not_flagged_for_rounding_dust(
    value: float, time_decay: float | None
) -> None:
    stream = np.full(LONG, value)
    stream[:600] += max(abs(value), 1.0) * 1e-3 * noise(600)
    decisions = run(small(shingle_size=4, time_decay=time_decay), stream)
    assert [i for i in flagged(decisions) if i >= 604] == []


@pytest.mark.parametrize("value", [0.3, -1e9 / 3, 7e-7])
def test_rounding_dust_on_a_constant_is_not_flagged(value: float) -> None:
    stream = np.full(LONG, value)
    dusty = np.random.default_rng(0).random(LONG) < 0.01
    stream[dusty] = np.nextafter(np.nextafter(value, math.inf), math.inf)
    assert flagged(run(small(shingle_size=1), stream)) == []


def test_nor_once_the_constant_was_left() -> None:
    stream = np.full(1_000, 7.3)
    stream[300] = 9.0
    stream[400::50] = np.nextafter(7.3, 8.0)
    assert flagged(run(small(shingle_size=1), stream)) == [300]


@pytest.mark.parametrize("gap", [40, 400])
def test_only_the_exceptions_of_a_mostly_constant_stream_are_flagged(gap: int) -> None:
    rng = np.random.default_rng(gap)
    odd = np.flatnonzero(rng.random(LONG) < 1 / gap)
    stream = np.zeros(LONG)
    stream[odd] = rng.integers(1, 9, len(odd))
    found = flagged(run(small(shingle_size=1, sample_size=64), stream))
    assert set(found) <= set(odd)
    if gap == 400:
        late = {i for i in odd if i > 200}
        assert late
        assert late <= set(found)


@pytest.mark.usefixtures("compiled")
@pytest.mark.parametrize("offset", [0.0, 1e8 + 1])
@pytest.mark.parametrize("shingle_size", [1, 4])
def test_two_values_by_chance_are_normal(offset: float, shingle_size: int) -> None:
    stream = offset + np.random.default_rng(3).integers(0, 2, 10_000)
    decisions = run(small(shingle_size=shingle_size, n_trees=20, sample_size=64), stream)
    assert len(flagged(decisions)) <= 20


@pytest.mark.usefixtures("compiled")
@pytest.mark.parametrize("slope", [1e-9, 1.0, 1e6])
@pytest.mark.parametrize("shingle_size", [1, 4])
def test_a_ramp_is_normal_and_its_end_is_not(slope: float, shingle_size: int) -> None:
    stream = slope * np.arange(6_000.0)
    stream[5_000:] = stream[2_000]
    found = flagged(run(small(shingle_size=shingle_size, n_trees=20), stream))
    assert len([i for i in found if i < 5_000]) <= 10
    assert 5_000 in found


@pytest.mark.parametrize("offset", [0.0, 1e8 + 1, -1e12])
def test_an_offset_hides_no_spike(offset: float) -> None:
    stream = offset + 100.0 * noisy_sine(800)
    stream[700] += 300.0
    assert 700 in flagged(run(small(shingle_size=4, n_trees=10), stream))


def test_a_lasting_change_becomes_usual() -> None:
    stream = noise(1_500)
    stream[700:] += 12.0
    found = flagged(run(small(shingle_size=2, n_trees=5, sample_size=32), stream))
    assert 700 in found
    assert len([i for i in found if i >= 1_300]) <= 3
