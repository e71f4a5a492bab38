"""The unit and the zero of a feature are the user's business: the same records are flagged."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.detector.kernels.layout import FEATURE
from models.detector.kernels.normalise import normalised, update
from tests.models.conftest import examples
from tests.models.detector.runs import (
    autoregressive,
    flagged,
    noise,
    noisy_sine,
    run,
    small,
    spiked,
)

N = 400
MOST_OFFSET = 1e6
"""In deviations. It leaves float64 ten digits for what is beside the offset, of which normalising keeps four."""

factors = st.floats(-6, 6).map(lambda exponent: 10.0**exponent)
offsets = st.floats(-MOST_OFFSET, MOST_OFFSET) | st.just(0.0)

STREAMS = {
    "sine": spiked(noisy_sine(N), [250, 330], 6.0),
    "noise": spiked(noise(N), [200, 201, 380], 12.0),
    "autoregressive": spiked(autoregressive(N), [300], 9.0),
    "counts": spiked(np.random.default_rng(1).poisson(3.0, N).astype(float), [260], 9.0),
    "two values": spiked((noise(N) > 0.5).astype(float), [310], 5.0),
    "stuck": np.where(np.arange(N) > 240, 0.5, noisy_sine(N)) + 3.0 * (np.arange(N) == 350),
    "level shift": noise(N, 3) + 8.0 * (np.arange(N) > 270),
}


@given(st.sampled_from(sorted(STREAMS)), factors, offsets, st.booleans())
@examples(60)
def test_scale_and_offset_change_no_flag(
    name: str, factor: float, offset: float, collusive: bool
) -> None:
    score = "displacement" if collusive else "inverse_depth"
    config, stream = small(alarm_rate=0.01, score=score), STREAMS[name]
    expected = run(config, stream)
    got = run(config, (stream + offset * stream.std()) * factor)
    assert got.status.tolist() == expected.status.tolist()


@pytest.mark.parametrize("name", STREAMS)
def test_there_is_something_to_flag(name: str) -> None:
    assert flagged(run(small(alarm_rate=0.01), STREAMS[name]))


@given(st.tuples(factors, factors, factors), st.tuples(offsets, offsets, offsets))
@examples(30)
def test_each_feature_has_its_own_scale(
    factor: tuple[float, ...], offset: tuple[float, ...]
) -> None:
    config = small(3, alarm_rate=0.01)
    records = np.stack([STREAMS[name] for name in ("sine", "autoregressive", "counts")], axis=1)
    records[40:60, 1] = math.nan
    expected = run(config, records)
    assert flagged(expected)
    got = run(config, (records + np.array(offset) * np.nanstd(records, 0)) * np.array(factor))
    assert got.status.tolist() == expected.status.tolist()


def test_a_large_offset_drowns_nothing() -> None:
    stream = np.random.default_rng(2).integers(0, 2, N) + 0.0
    stream[300] = 12.0
    expected = run(small(alarm_rate=0.01), stream)
    assert 300 in flagged(expected)
    assert run(small(alarm_rate=0.01), stream + 1e8 + 1).status.tolist() == expected.status.tolist()


@given(st.lists(st.integers(-99, 99), min_size=2, max_size=60), st.integers(-40, 40), st.booleans())
def test_powers_of_two_change_no_bit(stream: list[int], exponent: int, negative: bool) -> None:
    one, other = np.zeros(1, FEATURE), np.zeros(1, FEATURE)
    factor = -(2.0**exponent) if negative else 2.0**exponent
    for value in stream:
        update(one[0], float(value), 0.01)
        update(other[0], value * factor, 0.01)
        z = normalised(one[0], float(value))
        assert normalised(other[0], value * factor) == (-z if negative else z)
