"""The detector agrees, record by record, with its slow and obvious twin."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.detector import STATUS_NAMES, DetectorBank, DetectorConfig
from models.detector.kernels.layout import FEATURE
from models.detector.kernels.normalise import normalised, restored, update
from tests import naive_detector as naive
from tests.models.detector.runs import autoregressive, feed, forest_seed, noise, noisy_sine, small

usual = st.floats(-10, 10)
awkward = st.sampled_from([0.0, -0.0, 1.0, 7.0, 1e8 + 1, -1e-6, 1e30, 1e150, 1e-170])
streams = st.lists(st.one_of(usual, awkward), min_size=1, max_size=80)


def compare(config: DetectorConfig, records: np.ndarray) -> None:
    records = records[:, None] if records.ndim == 1 else records
    decisions = feed(DetectorBank(config), records)
    twin = naive.Detector(config, forest_seed(config))
    for i, record in enumerate(records):
        expected = twin.decide([float(x) for x in record])
        assert STATUS_NAMES[decisions.status[i]] == expected.status, i
        assert decisions.score[i] == expected.score, i
        assert decisions.observations[i] == i + 1
        assert decisions.values[i].tolist() == expected.values, i
        assert decisions.imputed[i].tolist() == expected.imputed, i
        for name in ("threshold", "confidence"):
            assert getattr(decisions, name)[i] == pytest.approx(getattr(expected, name)), (i, name)
        # Of scores that are nearly equal, the excesses are small differences of large numbers.
        for name in ("probability", "grade"):
            close = pytest.approx(getattr(expected, name), rel=1e-4, abs=1e-300)
            assert getattr(decisions, name)[i] == close, (i, name)
        row = decisions.detail[i]
        assert (row >= 0) == (expected.status == "anomaly")
        if row >= 0:
            assert decisions.attribution[row] == pytest.approx(expected.attribution, abs=1e-12)
            for name in ("expected", "lower", "upper"):
                close = pytest.approx(getattr(expected, name), rel=1e-9, abs=1e-9)
                assert getattr(decisions, name)[row] == close, (i, name)


def with_gaps(records: np.ndarray, share: float, seed: int) -> np.ndarray:
    gaps = np.random.default_rng(seed).random(records.shape) < share
    return np.where(gaps, math.nan, records)


def stirred(n: int, n_features: int, seed: int) -> np.ndarray:
    """Sine, autoregressive and plain noise, a level shift, a spike, a stuck stretch, gaps."""
    columns = [noisy_sine(n, seed), autoregressive(n, seed + 1), noise(n, seed + 2)]
    records = np.stack([columns[(seed + j) % 3] * 10.0 ** (3 * j) for j in range(n_features)], 1)
    records[n // 2 : n // 2 + 40, 0] += 6 * records[:, 0].std()
    records[3 * n // 4, -1] += 20 * records[:, -1].std()
    records[4 * n // 5 :, 0] = records[4 * n // 5, 0]
    return with_gaps(records, 0.02, seed)


@pytest.mark.parametrize(
    ("n_features", "parameters"),
    [
        (1, {}),
        (1, {"shingle_size": 1}),
        (2, {"shingle_size": 4, "n_trees": 16}),
        (3, {"shingle_size": 1, "alarm_rate": 0.03}),
        (1, {"shingle_size": 40, "sample_size": 8}),
        (2, {"score": "displacement", "shingle_size": 3}),
        (1, {"warmup": 1, "shingle_size": 1}),
        (1, {"warmup": 200, "time_decay": 0.0}),
        (1, {"time_decay": 1.0}),
    ],
    ids=lambda value: (
        "-".join(f"{k}={v}" for k, v in value.items()) if isinstance(value, dict) else None
    ),
)
def test_decisions_are_those_of_the_twin(n_features: int, parameters: dict[str, object]) -> None:
    compare(small(n_features, **parameters), stirred(350, n_features, seed=n_features))


def test_also_once_the_window_of_scores_is_full() -> None:
    compare(small(n_trees=2, shingle_size=1), stirred(800, 1, seed=5))


@given(streams, st.integers(1, 3), st.sampled_from([None, 1, 7]), st.booleans())
@settings(max_examples=40)
def test_decisions_are_those_of_the_twin_on_awkward_values(
    stream: list[float], shingle_size: int, warmup: int | None, collusive: bool
) -> None:
    config = small(
        n_trees=2,
        shingle_size=shingle_size,
        warmup=warmup,
        score="displacement" if collusive else "inverse_depth",
    )
    compare(config, np.array(stream))


@given(streams, st.sampled_from([0.0, 1 / 300, 1 / 32]))
@settings(max_examples=60)
def test_a_feature_is_normalised_as_the_formulas_say(stream: list[float], decay: float) -> None:
    feature, twin = np.zeros(1, FEATURE), naive.Feature()
    for value in stream:
        update(feature[0], value, decay)
        twin.update(value, decay)
        assert [float(x) for x in feature[0]] == pytest.approx(
            [twin.count, twin.value, twin.mean, twin.variance, twin.centre, twin.scale], rel=1e-9
        )
        z = normalised(feature[0], value)
        assert z == twin.normalised(value)
        assert restored(feature[0], z) == pytest.approx(twin.restored(z), rel=1e-12)
