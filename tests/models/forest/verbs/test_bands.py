"""Calibrated bands: against the twin, and that they hold what they promise."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import CorruptState, InvalidParameter
from models.forest import RandomCutForest
from models.state import pack, unpack
from tests.models.conftest import examples
from tests.models.forest.verbs.conftest import cycle, forest
from tests.naive_answers import Band

WINDOW = 400


@examples(15)
@given(st.integers(0, 99), st.integers(1, 4), st.sampled_from([0.5, 0.8, 0.95]))
def test_bands_equal_the_twin(seed: int, horizon: int, coverage: float) -> None:
    rows = cycle(220, 1, seed)
    rows[120:] += 40.0
    used = forest(horizon=horizon, coverage=coverage)
    bands = [Band(coverage) for _ in range(horizon)]
    told: dict[tuple[int, int], tuple[float, tuple[float, float]]] = {}
    plain = forest()
    for t, row in enumerate(rows):
        used.learn_one({0: row[0]})
        plain.learn_one({0: row[0]})
        value = float(np.float32(row[0]))
        for step, band in enumerate(bands):
            if (t, step) in told:
                band.observe(value, *told[t, step])
        found, raw = used.forecast(horizon), plain.forecast(horizon)
        assert np.array_equal(found.expected, raw.expected)
        if not np.isfinite(raw.lower).all():
            continue
        for step, band in enumerate(bands):
            ends = (float(raw.lower[step, 0]), float(raw.upper[step, 0]))
            expected = float(raw.expected[step, 0])
            ends = band.around(expected, ends)
            assert (found.lower[step, 0], found.upper[step, 0]) == pytest.approx(
                ends, rel=1e-9, abs=1e-9
            )
            told[t + 1 + step, step] = (expected, (found.lower[step, 0], found.upper[step, 0]))


def machine_load(seed: int, n: int = 3000) -> np.ndarray:
    """(n, 1): a day and half a day, noise with a memory and heavy tails, more by day; a new level at the end."""
    rng, t = np.random.default_rng(seed), np.arange(n)
    noise, shocks = np.zeros(n), rng.standard_t(4, size=n)
    for i in range(1, n):
        noise[i] = 0.6 * noise[i - 1] + shocks[i]
    day = np.sin(2 * np.pi * t / 96)
    load = 50 + 10 * day + 4 * np.sin(2 * np.pi * t / 48) + noise * (1 + 0.5 * day)
    return (load + 30 * (t >= 2000))[:, None]


@pytest.mark.usefixtures("compiled")
@pytest.mark.parametrize("seed", range(3))
def test_bands_hold_what_they_promise(seed: int) -> None:
    """In any 400 records on end, 75 to 85 % are in an 80 % band, at every step ahead, also where the level changes."""
    rows, horizon = machine_load(seed), 6
    used = RandomCutForest(shingle_size=8, n_trees=30, horizon=horizon, seed=seed)
    used.learn_many(rows[:300])
    inside = np.ones((len(rows), horizon))
    for t in range(300, len(rows)):
        found = used.forecast(horizon)
        known = rows[t : t + horizon, 0]
        for step, value in enumerate(known):
            held = found.lower[step, 0] <= value <= found.upper[step, 0]
            inside[t + step, step] = held
        used.learn_one({0: float(rows[t, 0])})
    for step in range(horizon):
        held = np.convolve(inside[300 + horizon :, step], np.ones(WINDOW) / WINDOW, "valid")
        assert 0.75 <= held.min() <= held.max() <= 0.85


def test_bands_are_those_of_any_scale() -> None:
    rows = cycle(300, 1)
    small, large = (
        forest(rows, horizon=3).forecast(3),
        forest(rows * 2.0**60, horizon=3).forecast(3),
    )
    assert np.array_equal(small.lower * 2.0**60, large.lower)
    assert np.array_equal(small.upper * 2.0**60, large.upper)


def test_a_constant_series_has_bands_of_no_width() -> None:
    found = forest(np.full((200, 1), 7.0), horizon=2).forecast(2)
    assert (found.lower == 7.0).all()
    assert (found.upper == 7.0).all()


def test_steps_beyond_the_horizon_have_the_bands_of_its_last() -> None:
    found = forest(cycle(300), horizon=2).forecast(5)
    widths = found.upper - found.lower
    assert widths[2:] == pytest.approx(np.array([widths[1]] * 3))


def test_filled_values_calibrate_nothing() -> None:
    rows = cycle(100, 1)
    used = forest(rows, horizon=2, missing="impute")
    assert used._bands is not None
    before = used._bands.counts.copy()
    used.learn_one({0: None})
    assert np.array_equal(used._bands.counts, before)
    used.learn_one({0: 1.0})
    assert np.array_equal(used._bands.counts, before + 1)


def test_a_pause_calibrates_nothing_and_leaves_no_stale_forecast() -> None:
    used = forest(cycle(100, 1), horizon=3)
    assert used._bands is not None
    before = used._bands.counts.copy()
    used.pause()
    used.learn_many(cycle(10, 1))
    assert np.array_equal(used._bands.counts, before)
    used.resume()
    used.learn_many(cycle(2, 1))
    assert (used._bands.counts - before)[:, 0].tolist() == [1, 0, 0]


@pytest.mark.parametrize("broken", ["errors", "levels", "missing", "counts"])
def test_damaged_bands_are_refused(broken: str) -> None:
    state = unpack(forest(cycle(60), horizon=2).dump(), "forest")
    arrays = dict(state.arrays)
    if broken == "errors":
        arrays["band_errors"] = np.full_like(arrays["band_errors"], np.nan)
    elif broken == "levels":
        arrays["band_levels"] = arrays["band_levels"][:1]
    elif broken == "counts":
        arrays["band_counts"] = arrays["band_counts"] - 1000
    else:
        del arrays["band_made"]
    with pytest.raises(CorruptState, match=r"saved (forest|errors)"):
        RandomCutForest.from_bytes(pack("forest", state.meta, arrays))


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"horizon": -1}, "'horizon' of the forest must be from 0 to 1024, got -1"),
        ({"coverage": 1.0}, "'coverage' of the forest must be between 0 and 1, got 1.0"),
        ({"missing": "drop"}, "'missing' of the forest must be 'strict', 'last' or 'impute'"),
    ],
)
def test_parameters_are_checked(parameters: dict[str, object], sentence: str) -> None:
    with pytest.raises(InvalidParameter, match=sentence):
        RandomCutForest(**parameters)
