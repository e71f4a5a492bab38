"""What every detector promises, whatever its method: purity, scale freedom, exact resumption, clear refusals."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from models.detector import Decisions, DetectorBank, DetectorConfig
from models.detector.kernels.calibrate import ENOUGH
from models.errors import CorruptState, IncompatibleState, InvalidParameter

SMALL = DetectorConfig(
    features=("a", "b"), shingle_size=3, n_trees=6, sample_size=16, alarm_rate=0.01
)
KEY = b"key"


def stream(n: int, seed: int = 0, features: int = 2) -> NDArray[np.float64]:
    """A noisy sine per feature, with a spike every 97 records."""
    rng = np.random.default_rng(seed)
    t = np.arange(n)[:, None]
    values = 5.0 * np.sin(t * 2.0 * np.pi / 25.0 + np.arange(features)) + rng.normal(
        size=(n, features)
    )
    values[50::97] += 30.0
    return values


def run(
    bank: DetectorBank, values: NDArray[np.float64], cuts: list[int] | None = None
) -> Decisions:
    """All decisions on one key, in batches that end at the cuts."""
    parts = []
    for part in np.split(values, sorted(cuts or [])):
        slot = bank.slot(KEY)
        parts.append(bank.process(np.full(len(part), slot), part))
    joined = {}
    offset = 0
    details = []
    for part in parts:
        details.append(np.where(part.detail >= 0, part.detail + offset, -1))
        offset += len(part.expected)
    for name in Decisions._fields:
        joined[name] = np.concatenate([getattr(part, name) for part in parts])
    joined["detail"] = np.concatenate(details)
    return Decisions(**joined)


def assert_same(left: Decisions, right: Decisions) -> None:
    for name in Decisions._fields:
        assert getattr(left, name).tobytes() == getattr(right, name).tobytes(), name


@settings(max_examples=25, deadline=None)
@given(cuts=st.lists(st.integers(0, 300), max_size=6))
def test_batches_leave_no_trace(cuts: list[int]) -> None:
    values = stream(300)
    assert_same(run(DetectorBank(SMALL), values), run(DetectorBank(SMALL), values, cuts))


@settings(max_examples=25, deadline=None)
@given(cut=st.integers(0, 300))
def test_goes_on_bit_for_bit_from_any_cut(cut: int) -> None:
    values = stream(300, seed=1)
    whole = DetectorBank(SMALL)
    expected = run(whole, values)
    first = DetectorBank(SMALL)
    run(first, values[:cut])
    second = DetectorBank(SMALL)
    second.load(KEY, first.dump(KEY))
    assert second.dump(KEY) == first.dump(KEY)
    rest = run(second, values[cut:])
    assert rest.score.tobytes() == expected.score[cut:].tobytes()
    assert rest.status.tobytes() == expected.status[cut:].tobytes()
    assert rest.probability.tobytes() == expected.probability[cut:].tobytes()
    assert second.dump(KEY) == whole.dump(KEY)


def test_keys_do_not_influence_one_another() -> None:
    values = stream(600, seed=2)
    alone = DetectorBank(SMALL)
    among = DetectorBank(SMALL)
    run(alone, values[::3])
    keys = [KEY, b"other", b"third"]
    slots = np.array([among.slot(key) for key in keys])
    among.process(np.tile(slots, 200), values)
    assert among.dump(KEY) == alone.dump(KEY)
    among.forget(b"other")
    assert among.keys() == [KEY, b"third"]
    assert among.dump(KEY) == alone.dump(KEY)


def test_a_reused_slot_remembers_nothing() -> None:
    bank, fresh = DetectorBank(SMALL), DetectorBank(SMALL)
    bank.process(np.full(200, bank.slot(b"before")), stream(200, seed=3))
    bank.forget(b"before")
    run(bank, stream(200))
    run(fresh, stream(200))
    assert bank.dump(KEY) == fresh.dump(KEY)


@settings(max_examples=40, deadline=None)
@given(
    exponent=st.floats(-6.0, 6.0),
    shift=st.floats(-1e6, 1e6),
    kind=st.sampled_from(["inverse_depth", "displacement"]),
)
def test_scale_and_offset_change_no_flag(exponent: float, shift: float, kind: str) -> None:
    config = DetectorConfig(
        features=("a", "b"), shingle_size=3, n_trees=6, sample_size=16, alarm_rate=0.01, score=kind
    )
    values = stream(400, seed=4)
    expected = run(DetectorBank(config), values)
    # An offset of a million deviations leaves ten digits of float64 for the signal.
    scale = 10.0**exponent
    got = run(DetectorBank(config), (values + shift) * scale)
    assert (expected.status == 2).any()
    assert got.status.tolist() == expected.status.tolist()
    np.testing.assert_allclose(got.score, expected.score, rtol=1e-6)


def test_features_are_scaled_each_by_itself() -> None:
    values = stream(400, seed=5)
    expected = run(DetectorBank(SMALL), values)
    got = run(DetectorBank(SMALL), values * np.array([1e-6, 1e6]))
    assert got.status.tolist() == expected.status.tolist()


def test_flags_are_what_the_arrays_say() -> None:
    d = run(DetectorBank(SMALL), stream(1500, seed=6))
    flagged = d.status == 2
    judged = d.status > 0
    assert flagged.any()
    assert (d.observations == np.arange(1, 1501)).all()
    # A warm-up this short ends before there are scores enough to judge by.
    assert (d.observations[judged] > SMALL.records_to_warm).all()
    assert judged[SMALL.records_to_warm + ENOUGH + 8 :].all()
    assert (flagged == (judged & (d.score > d.threshold))).all()
    assert ((d.grade > 0) == flagged).all()
    assert d.grade.max() <= 1.0
    assert (d.probability > 0).all()
    assert (d.probability <= 1).all()
    assert (d.detail[flagged] == np.arange(flagged.sum())).all()
    assert (d.detail[~flagged] == -1).all()
    np.testing.assert_allclose(d.attribution.sum(axis=(1, 2)), 1.0)
    assert (d.lower <= d.expected).all()
    assert (d.expected <= d.upper).all()
    assert all(np.isfinite(getattr(d, name)).all() for name in Decisions._fields)


def test_the_spike_is_blamed_on_its_feature_and_direction() -> None:
    config = DetectorConfig(features=("a", "b"), shingle_size=4)
    values = stream(1500, seed=7)
    values[50::97] -= 30.0
    values[1400, 1] -= 40.0
    d = run(DetectorBank(config), values)
    row = d.detail[1400]
    assert row >= 0
    assert d.grade[1400] > 0.5
    assert d.attribution[row].argmax() == 2
    signal = 5.0 * np.sin(1400 * 2.0 * np.pi / 25.0 + 1)
    assert abs(d.expected[row, 1] - signal) < 3.0


def test_missing_values_are_imputed_and_lower_the_confidence() -> None:
    values = stream(200, seed=8)
    values[150] = [np.nan, 1.0]
    values[160] = np.nan
    d = run(DetectorBank(SMALL), values)
    assert d.imputed[150].tolist() == [True, False]
    assert d.imputed[160].tolist() == [True, True]
    assert np.isfinite(d.values).all()
    assert d.values[150, 1] == 1.0
    assert d.confidence[149] == 1.0
    assert d.confidence[150] == pytest.approx(1.0 - 1 / 6)
    assert d.confidence[153] == 1.0
    nothing = run(DetectorBank(SMALL), np.full((200, 2), np.nan))
    assert (nothing.status != 2).all()


@pytest.mark.parametrize("value", [np.inf, -np.inf, 1e200])
def test_refuses_what_has_no_square(value: float) -> None:
    bank = DetectorBank(SMALL)
    run(bank, stream(100))
    before = bank.dump(KEY)
    values = stream(5)
    values[3, 1] = value
    with pytest.raises(InvalidParameter, match="'values' of the records must be finite or NaN"):
        run(bank, values)
    assert bank.dump(KEY) == before


def test_constant_streams_are_never_flagged_but_their_change_is() -> None:
    values = np.full((3000, 2), 7.3)
    values[2500] = 9.0
    d = run(DetectorBank(SMALL), values)
    assert (d.status[:2500] != 2).all()
    assert d.status[2500] == 2


def test_refuses_the_state_of_another_configuration() -> None:
    bank = DetectorBank(SMALL)
    run(bank, stream(100))
    state = bank.dump(KEY)
    other = DetectorBank(
        DetectorConfig(features=("a", "b"), shingle_size=4, n_trees=6, sample_size=16)
    )
    with pytest.raises(IncompatibleState, match="'shingle_size' of the saved state must be 4"):
        other.load(KEY, state)
    assert other.keys() == []
    changed = DetectorConfig(
        features=("a", "b"), shingle_size=3, n_trees=6, sample_size=16, alarm_rate=0.02, warmup=90
    )
    DetectorBank(changed).load(KEY, state)


def test_refuses_damaged_bytes_and_keeps_its_own() -> None:
    bank = DetectorBank(SMALL)
    run(bank, stream(100))
    state = bank.dump(KEY)
    for at in range(0, len(state), 7):
        damaged = bytearray(state)
        damaged[at] ^= 0x10
        with pytest.raises(CorruptState):
            bank.load(KEY, bytes(damaged))
    assert bank.dump(KEY) == state
