"""Status, score, threshold, grade and explanation tell one story."""

from __future__ import annotations

import math

import numpy as np
import pytest

from models.detector import Decisions, DetectorBank, DetectorConfig
from models.detector.bank import empty_decisions
from models.detector.decisions import ANOMALY, NORMAL, WARMING
from models.detector.kernels.decide import judge
from tests.models.detector.runs import KEY, feed, flagged, noise, noisy_sine, run, small, spiked


def decided(score: str = "inverse_depth") -> Decisions:
    stream = np.stack([noisy_sine(700), 3.0 * noise(700, 2)], axis=1)
    stream = spiked(stream, [300, 500], 8.0)
    return run(small(2, alarm_rate=0.03, score=score, n_trees=8), stream)


@pytest.mark.parametrize("score", ["inverse_depth", "displacement"])
def test_flags_are_what_the_numbers_say(score: str) -> None:
    decisions = decided(score)
    anomaly, judged = decisions.status == ANOMALY, decisions.status != WARMING
    assert anomaly.sum() > 5
    assert set(decisions.status.tolist()) == {WARMING, NORMAL, ANOMALY}
    assert np.array_equal(anomaly, judged & (decisions.score > decisions.threshold))
    assert np.array_equal(anomaly, decisions.grade > 0.0)
    assert decisions.grade.max() <= 1.0
    assert (decisions.probability[anomaly] <= 0.03 * (1 + 1e-9)).all()
    assert (decisions.probability[judged & ~anomaly] >= 0.03 * (1 - 1e-9)).all()
    assert (decisions.probability > 0.0).all()
    assert (decisions.probability <= 1.0).all()
    for name, array in decisions._asdict().items():
        assert np.isfinite(array).all(), name


def test_only_anomalies_are_explained_and_all_of_them() -> None:
    decisions = decided()
    anomaly = decisions.status == ANOMALY
    assert decisions.detail[anomaly].tolist() == list(range(int(anomaly.sum())))
    assert (decisions.detail[~anomaly] == -1).all()
    for name in ("expected", "lower", "upper", "attribution"):
        assert len(getattr(decisions, name)) == anomaly.sum()
    assert decisions.attribution.sum(axis=(1, 2)) == pytest.approx(1.0)
    assert (decisions.attribution >= 0.0).all()
    assert (decisions.lower <= decisions.expected).all()
    assert (decisions.expected <= decisions.upper).all()


def test_a_score_is_an_anomaly_from_the_first_float_above_the_threshold() -> None:
    bank = DetectorBank(small())
    feed(bank, noise(300))
    state, slot, out = bank.dump(KEY), bank.slot(KEY), empty_decisions(3, 1)
    judge(bank._rows, slot, 0, 0.0, True, out)
    threshold = float(out.threshold[0])
    judge(bank._rows, slot, 1, threshold, True, out)
    judge(bank._rows, slot, 2, np.nextafter(threshold, math.inf), True, out)
    assert out.status.tolist() == [NORMAL, NORMAL, ANOMALY]
    assert 0.0 == out.grade[1] < out.grade[2] < 1e-9
    assert bank.dump(KEY) == state


def each_after(config: DetectorConfig, past: np.ndarray, records: list[object]) -> list[Decisions]:
    """The decision on each of the records, right after the same past."""
    bank = DetectorBank(config)
    feed(bank, past)
    state, found = bank.dump(KEY), []
    for record in records:
        bank.load(KEY, state)
        found.append(feed(bank, np.atleast_2d(np.array(record))))
    return found


@pytest.mark.parametrize("shingle_size", [1, 3])
def test_the_farther_out_the_less_probable_and_the_graver(shingle_size: int) -> None:
    config = small(shingle_size=shingle_size, n_trees=10, sample_size=64)
    found = each_after(config, noise(500), [0.0, 3.0, 6.0, 12.0, 100.0])
    for name, sign in (("score", 1), ("probability", -1), ("grade", 1)):
        values = np.array([float(getattr(d, name)[0]) for d in found])
        assert (sign * np.diff(values) >= 0.0).all(), name
    assert found[0].status[0] == NORMAL
    assert found[-1].grade[0] > 0.5


@pytest.mark.parametrize("shingle_size", [1, 4])
def test_the_disturbed_feature_is_blamed_in_its_direction(shingle_size: int) -> None:
    past = np.stack([noisy_sine(400), 100.0 + noise(400, 1), 1e-6 * noise(400, 2)], axis=1)
    cases = [(feature, side) for feature in range(3) for side in range(2)]
    records = []
    for feature, side in cases:
        record = past[-1].copy()
        record[feature] = past[:, feature].mean() + 12 * (2 * side - 1) * past[:, feature].std()
        records.append(record)
    config = small(3, shingle_size=shingle_size, n_trees=10, sample_size=64)
    for case, decision in zip(cases, each_after(config, past, records), strict=True):
        assert flagged(decision) == [0]
        shares = decision.attribution[0]
        assert np.unravel_index(shares.argmax(), shares.shape) == case
        assert shares[case] > 0.5


@pytest.mark.usefixtures("compiled")
@pytest.mark.parametrize("at", [3_000, 3_012, 3_025, 3_037])
def test_what_was_expected_of_a_spike_in_a_noisy_sine_is_the_sine(at: int) -> None:
    stream = noisy_sine(at + 1)
    truth = math.sin(at * 2 * math.pi / 50)
    stream[at] = truth + (3.0 if truth < 0.5 else -3.0)
    decisions = run(DetectorConfig(features=("f",)), stream)
    assert flagged(decisions)[-1] == at
    assert decisions.expected[-1, 0] == pytest.approx(truth, abs=0.35)
    # The band says where neighbours lie; four noise deviations of grace at its ends.
    assert decisions.lower[-1, 0] - 0.4 <= truth <= decisions.upper[-1, 0] + 0.4
    assert decisions.upper[-1, 0] - decisions.lower[-1, 0] < 1.2


@pytest.mark.usefixtures("compiled")
def test_without_a_shingle_only_the_blamed_feature_is_expected_anew() -> None:
    rng = np.random.default_rng(5)
    first = rng.normal(size=800)
    past = np.stack([first, 2.0 * first + 0.05 * rng.normal(size=800)], axis=1)
    config = small(2, shingle_size=1, n_trees=30, sample_size=128, alarm_rate=0.02)
    (decision,) = each_after(config, past, [[1.0, -20.0]])
    assert flagged(decision) == [0]
    assert decision.attribution[0, 1, 0] > 0.9
    assert decision.lower[0, 1] <= decision.expected[0, 1] <= decision.upper[0, 1]
    assert decision.expected[0] == pytest.approx([1.0, 2.0], abs=0.1)


def test_the_threshold_can_always_be_passed() -> None:
    heavy = np.random.default_rng(6).standard_t(1.2, size=800)
    config = small(shingle_size=1, n_trees=5, alarm_rate=1e-9)
    decisions = run(config, heavy)
    assert decisions.threshold.max() < math.log2(config.sample_size + 1)
    collusive = small(shingle_size=1, n_trees=5, alarm_rate=1e-9, score="displacement")
    assert run(collusive, heavy).threshold.max() < config.sample_size
