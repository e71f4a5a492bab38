"""The sampled shingles nearest to a record, and the newest shingle itself."""

from __future__ import annotations

import numpy as np
import pytest

from models.detector import DetectorBank
from tests.models.detector.runs import KEY, feed, noise, small


@pytest.fixture
def bank() -> DetectorBank:
    bank = DetectorBank(small(2, shingle_size=2, n_trees=8, sample_size=64))
    for key in (b"other", KEY):
        feed(bank, np.stack([10.0 + noise(200, 1), 1e4 + 1e3 * noise(200, 2)], axis=1), key)
    return bank


def test_the_nearest_are_found_in_the_units_of_the_records(bank: DetectorBank) -> None:
    before = bank.dump(KEY)
    last = bank.shingle(KEY)[-1]
    found = bank.nearest(KEY, np.array([11.0, 1.1e4]), 5)
    assert bank.dump(KEY) == before
    assert found.points.shape == (5, 2, 2)
    assert (np.diff(found.distance) >= 0).all()
    assert (found.age >= 1).all()
    wanted = np.array([last, [11.0, 1.1e4]])
    far = np.abs((found.points - wanted) / [1.0, 1e3]).sum(axis=(1, 2))
    everything = bank.nearest(KEY, np.array([11.0, 1.1e4]), 10**6).points
    farthest = np.abs((everything - wanted) / [1.0, 1e3]).sum(axis=(1, 2))
    assert len(everything) > 64
    assert far.max() < np.median(farthest)


def test_a_record_that_comes_again_is_its_own_neighbour() -> None:
    bank = DetectorBank(small(shingle_size=1, sample_size=64))
    values = noise(64, 3)
    feed(bank, values)
    found = bank.nearest(KEY, values[-1:], 1)
    assert found.distance[0] < 0.05
    assert found.points.ravel() == pytest.approx(values[-1:], abs=0.05)


def test_the_shingle_is_that_of_the_newest_records(bank: DetectorBank) -> None:
    feed(bank, np.array([[9.5, 9500.0], [10.5, 10500.0]]))
    assert bank.shingle(KEY) == pytest.approx(np.array([[9.5, 9500.0], [10.5, 10500.0]]), rel=1e-3)


def test_a_settling_key_has_neither() -> None:
    bank = DetectorBank(small(2))
    feed(bank, np.zeros((2, 2)))
    assert bank.shingle(KEY).shape == (0, 2)
    assert len(bank.nearest(KEY, np.zeros(2), 3).distance) == 0


def test_a_key_without_state_is_an_error(bank: DetectorBank) -> None:
    with pytest.raises(KeyError):
        bank.nearest(b"unknown", np.zeros(2), 1)
    with pytest.raises(KeyError):
        bank.shingle(b"unknown")
