from __future__ import annotations

import numpy as np
import pytest

from models.detector.config import DetectorConfig
from stream.estimate import Workload, calibrated, estimate, speed
from stream.estimate.speed import Calibration

CONFIG = DetectorConfig(features=("a", "b"), shingle_size=4, n_trees=10)


def test_costs_that_are_linear_are_found_again() -> None:
    shapes = [
        DetectorConfig(
            features=tuple(f"f{i}" for i in range(features)), shingle_size=shingle, n_trees=trees
        )
        for trees, features, shingle in speed.SHAPES
    ]
    terms = np.array([speed.terms(shape) for shape in shapes])
    true = np.array([2e-6, 1e-7, 3e-7, 1e-8])
    assert speed.fitted(terms, terms @ true) == pytest.approx(true, rel=1e-6)


def test_nothing_costs_less_than_nothing() -> None:
    terms = np.array([[1.0, 1.0], [1.0, 2.0], [1.0, 3.0]])
    found = speed.fitted(terms, np.array([3.0, 2.0, 1.0]))
    assert found[1] == 0.0 < found[0]


def test_a_core_does_what_its_parts_take() -> None:
    known = Calibration(
        hot=np.array([1e-6, 0.0, 1e-6, 0.0]),
        compact=np.array([1e-6, 0.0, 2e-6, 0.0]),
        missed=np.array([0.0, 0.0, 4e-6, 0.0]),
        save=1e-9,
        sample_size=256,
    )
    few = Workload(name="d", config=CONFIG, keys=10, rate=1_000.0, hot=0.5)
    cost = estimate(few)
    found = known.processor(few, cost)
    assert 1 / found.hot == pytest.approx(11e-6)
    assert 1 / found.compact == pytest.approx(21e-6)
    assert 1 / found.many == pytest.approx(61e-6)
    assert 1 / found.all == pytest.approx(16e-6 + 1e-9 * cost.traffic_per_event)
    assert found.cores == pytest.approx(1_000 / found.all)
    many = Workload(name="d", config=CONFIG, keys=100_000, hot=0.0)
    cost = estimate(many)
    found = known.processor(many, cost)
    assert 1 / found.all == pytest.approx(61e-6 + 1e-9 * cost.traffic_per_event)
    assert found.cores is None


def test_larger_samples_take_longer_by_their_logarithm() -> None:
    known = Calibration(*(np.array([0.0, 0.0, 1e-6, 0.0]) for _ in range(3)), 0.0, 1_024)
    large = DetectorConfig(features=("a",), sample_size=32_768, n_trees=10)
    one = Workload(name="d", config=large, keys=1)
    assert 1 / known.processor(one, estimate(one)).hot == pytest.approx(15e-6)


def test_a_machine_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, few in (("ROUNDS", 1), ("EVENTS", 8), ("MANY", 4), ("FILLED", 1)):
        monkeypatch.setattr(speed, name, few)
    config = DetectorConfig(features=("a",), sample_size=16)
    found = calibrated(config)
    one = Workload(name="d", config=config, keys=10, rate=10.0)
    told = found.processor(one, estimate(one))
    assert found.sample_size == 16
    assert all(1.0 < rate < 1e8 for rate in told[:4])
    assert told.many <= told.compact
