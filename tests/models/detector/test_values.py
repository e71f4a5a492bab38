"""Missing values are imputed and said so; what is no number at all is refused before anything is learned."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.detector import DetectorBank
from models.errors import InvalidParameter
from tests.models.conftest import examples
from tests.models.detector.runs import (
    KEY,
    feed,
    flagged,
    noise,
    noisy_sine,
    run,
    small,
)

NAN = math.nan
CONFIG = small(2, shingle_size=3)


def records(n: int = 200) -> np.ndarray:
    return np.stack([noisy_sine(n), 5.0 + noise(n, 1)], axis=1)


def test_a_missing_value_is_the_newest_one_and_lowers_the_confidence() -> None:
    stream = records()
    stream[150, 0] = NAN
    stream[160] = NAN
    decisions = run(CONFIG, stream)
    assert decisions.imputed[150].tolist() == [True, False]
    assert decisions.imputed[160].tolist() == [True, True]
    assert decisions.imputed.sum() == 3
    assert decisions.values[150].tolist() == [stream[149, 0], stream[150, 1]]
    assert decisions.values[160].tolist() == stream[159].tolist()
    assert np.array_equal(decisions.values[161:], stream[161:])
    # For as long as it is in the shingle: of 3 x 2 values, one, then two.
    assert decisions.confidence[149:154] == pytest.approx([1, 5 / 6, 5 / 6, 5 / 6, 1])
    assert decisions.confidence[160:164] == pytest.approx([2 / 3, 2 / 3, 2 / 3, 1])


def test_a_gap_repeats_the_newest_value_however_long() -> None:
    stream = records()
    stream[100:140, 1] = NAN
    decisions = run(CONFIG, stream)
    assert decisions.values[100:140, 1].tolist() == [stream[99, 1]] * 40
    assert decisions.confidence[120] == pytest.approx(0.5)


def test_imputed_values_teach_no_scale() -> None:
    stream = records()
    gaps = np.insert(stream, np.repeat(150, 30), NAN, axis=0)
    bank, without = DetectorBank(CONFIG), DetectorBank(CONFIG)
    feed(bank, gaps)
    feed(without, stream)
    assert bank._rows.features[0].tolist() == without._rows.features[0].tolist()


def test_all_missing_is_no_anomaly() -> None:
    decisions = run(CONFIG, np.full((400, 2), NAN))
    assert flagged(decisions) == []
    assert decisions.imputed.all()
    assert not decisions.values.any()
    assert not decisions.confidence.any()


@pytest.mark.parametrize("start", [1, 5, 31, 100])
def test_a_feature_that_starts_late_is_not_thrown_far_out(start: int) -> None:
    stream = records(400)
    stream[:start, 1] = NAN
    decisions = run(CONFIG, stream)
    assert decisions.values[0].tolist() == [stream[0, 0], 0.0]
    assert decisions.imputed[:start, 1].all()
    assert len(flagged(decisions)) < 10
    late = feed(DetectorBank(CONFIG), stream)
    assert late.confidence[-1] == 1.0
    # What comes last is judged as if the feature had been there from the start.
    whole = run(CONFIG, records(400))
    assert decisions.score[300:].mean() == pytest.approx(whole.score[300:].mean(), rel=0.15)


@pytest.mark.parametrize("value", [math.inf, -math.inf, 1e200, -1.0001e150])
@pytest.mark.parametrize("row", [0, 3])
def test_infinite_and_enormous_values_are_refused_before_anything_is_learned(
    value: float, row: int
) -> None:
    bank = DetectorBank(CONFIG)
    feed(bank, records(100))
    before = bank.dump(KEY)
    wrong = records(5)
    wrong[row, 1] = value
    with pytest.raises(
        InvalidParameter,
        match=r"The 'values' of the records must be finite or NaN, and at most 1e\+150 in magnitude",
    ):
        feed(bank, wrong)
    assert bank.dump(KEY) == before


def test_values_of_another_shape_are_refused() -> None:
    bank = DetectorBank(CONFIG)
    slots = np.full(5, bank.slot(KEY))
    for shape in ((5, 3), (4, 2), (5,)):
        with pytest.raises(InvalidParameter, match="'shape' of the values must be"):
            bank.process(slots, np.zeros(shape))


@pytest.mark.parametrize("slot", [-1, 1, 10**6])
def test_slots_without_a_key_are_refused(slot: int) -> None:
    bank = DetectorBank(CONFIG)
    bank.slot(KEY)
    with pytest.raises(InvalidParameter, match="'slots' of the records must be slots of keys"):
        bank.process(np.array([slot]), np.zeros((1, 2)))


def test_a_bank_without_keys_has_no_slots() -> None:
    with pytest.raises(InvalidParameter, match="must be slots of keys, got 0"):
        DetectorBank(CONFIG).process(np.array([0]), np.zeros((1, 2)))


def test_a_forgotten_slot_is_refused() -> None:
    bank = DetectorBank(CONFIG)
    slot = bank.slot(KEY)
    bank.forget(KEY)
    with pytest.raises(InvalidParameter, match="'slots' of the records must be slots of keys"):
        bank.process(np.array([slot]), np.zeros((1, 2)))


extremes = st.sampled_from([0.0, -0.0, 1e150, -1e150, 1e-310, 5e-324, 1.0, NAN, 1e8, -1e-6])


@given(st.lists(st.tuples(extremes, extremes), min_size=40, max_size=90))
@examples(40)
def test_whatever_is_accepted_gives_finite_decisions(stream: list[tuple[float, float]]) -> None:
    decisions = run(small(2, warmup=5, shingle_size=2), np.array(stream))
    for name, array in decisions._asdict().items():
        assert np.isfinite(array).all(), name
