"""A key's state survives a restart to the bit, or is refused with a sentence and changes nothing."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.detector import DetectorBank, DetectorConfig, describe
from models.errors import CorruptState, IncompatibleState, StateError
from tests.models.conftest import examples
from tests.models.detector.runs import (
    KEY,
    autoregressive,
    chosen,
    feed,
    flagged,
    noisy_sine,
    run,
    same,
    small,
    spiked,
)

N = 260
CONFIG = small(2, alarm_rate=0.02, shingle_size=3, n_trees=4)


def records(n: int = N, seed: int = 0) -> np.ndarray:
    found = np.stack([noisy_sine(n, seed), 1e8 + autoregressive(n, seed + 50)], axis=1)
    found = spiked(found, [n // 2, n - 20], 9.0)
    found[np.random.default_rng(seed).random(found.shape) < 0.05] = np.nan
    found[:3, 1] = np.nan
    return found


def dumped(config: DetectorConfig = CONFIG, n: int = 150) -> bytes:
    bank = DetectorBank(config)
    feed(bank, records(N)[:n])
    return bank.dump(KEY)


def resumed(config: DetectorConfig, cut: int, stream: np.ndarray) -> None:
    whole, expected = DetectorBank(config), run(config, stream)
    feed(whole, stream)
    first, second = DetectorBank(config), DetectorBank(config)
    feed(first, stream[:cut])
    second.load(KEY, first.dump(KEY))
    assert second.dump(KEY) == first.dump(KEY)
    assert same(feed(second, stream[cut:]), chosen(expected, slice(cut, None)))
    assert second.dump(KEY) == whole.dump(KEY)


@given(st.integers(0, N))
@examples(30)
def test_goes_on_bit_for_bit_from_any_cut(cut: int) -> None:
    assert flagged(run(CONFIG, np.nan_to_num(records())))
    resumed(CONFIG, cut, records())


@pytest.mark.usefixtures("compiled")
@pytest.mark.parametrize("cut", [531, 1100])
def test_goes_on_bit_for_bit_once_the_rings_have_turned(cut: int) -> None:
    resumed(small(2, n_trees=2, shingle_size=5), cut, records(1500))


@pytest.mark.parametrize("cut", [0, 1, 5, 31, 32, 33, 63, 64, 65, 90])
def test_goes_on_bit_for_bit_while_settling_with_a_long_shingle(cut: int) -> None:
    resumed(small(2, n_trees=2, shingle_size=64), cut, records(130))


def test_equal_histories_are_equal_bytes_in_any_bank() -> None:
    crowd = DetectorBank(CONFIG)
    for other in range(20):
        feed(crowd, records(40, other), b"%d" % other)
    feed(crowd, records(N)[:150])
    assert crowd.dump(KEY) == dumped()


def test_loading_replaces_what_the_key_had() -> None:
    bank, state = DetectorBank(CONFIG), dumped()
    feed(bank, records(60, 7))
    feed(bank, records(60, 8), b"other")
    other = bank.dump(b"other")
    bank.load(KEY, state)
    assert bank.dump(KEY) == state
    assert bank.dump(b"other") == other


def test_a_key_without_state_has_no_bytes() -> None:
    with pytest.raises(KeyError):
        DetectorBank(CONFIG).dump(b"unknown")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("features", ("f0", "other")),
        ("shingle_size", 4),
        ("n_trees", 3),
        ("sample_size", 17),
        ("time_decay", 0.25),
        ("score", "displacement"),
        ("seed", 43),
    ],
)
def test_a_state_of_another_configuration_is_refused_by_name(field: str, value: Any) -> None:
    changed = {"alarm_rate": 0.02, "shingle_size": 3, "n_trees": 4} | {field: value}
    names = changed.pop("features", ("f0", "f1"))
    config = DetectorConfig(features=names, **({"sample_size": 16} | changed))
    bank = DetectorBank(config)
    feed(bank, records(50, 1))
    before = bank.dump(KEY)
    with pytest.raises(IncompatibleState, match=f"The '{field}' of the saved state must be"):
        bank.load(KEY, dumped())
    with pytest.raises(IncompatibleState):
        bank.load(b"another", dumped())
    assert bank.keys() == [KEY]
    assert bank.dump(KEY) == before


def test_a_default_time_decay_is_the_same_as_that_decay_said() -> None:
    said = small(2, alarm_rate=0.02, shingle_size=3, n_trees=4, time_decay=0.1 / 16)
    bank = DetectorBank(said)
    bank.load(KEY, dumped())
    assert bank.dump(KEY) == dumped()


@pytest.mark.parametrize("cut", [3, 8, 40, 150])
@pytest.mark.parametrize(("before", "after"), [(None, 1), (1, None), (1, 150), (150, 1)])
def test_alarm_rate_and_warmup_may_change_between_runs(
    cut: int, before: int | None, after: int | None
) -> None:
    first = DetectorBank(small(2, shingle_size=3, warmup=before, alarm_rate=0.04))
    feed(first, records()[:cut])
    second = DetectorBank(small(2, shingle_size=3, warmup=after, alarm_rate=0.01))
    second.load(KEY, first.dump(KEY))
    assert second.dump(KEY) == first.dump(KEY)
    rest = feed(second, records()[cut:])
    assert rest.observations.tolist() == list(range(cut + 1, N + 1))
    assert all(np.isfinite(array).all() for array in rest)
    assert rest.status[-1] > 0


def test_the_alarm_rate_leaves_no_trace_in_the_state() -> None:
    states = []
    for rate in (0.04, 1e-3, 1e-6):
        bank = DetectorBank(small(2, shingle_size=3, alarm_rate=rate))
        feed(bank, records())
        states.append(bank.dump(KEY))
    assert states[0] == states[1] == states[2]


def test_any_flipped_byte_is_noticed() -> None:
    bank, state = DetectorBank(CONFIG), dumped()
    bank.load(KEY, state)
    for at in range(len(state)):
        damaged = bytearray(state)
        damaged[at] ^= 1 << at % 8
        with pytest.raises(StateError):
            bank.load(KEY, bytes(damaged))
    assert bank.keys() == [KEY]
    assert bank.dump(KEY) == state


@pytest.mark.parametrize("length", [0, 1, 13, 14, 100, -1])
def test_cut_bytes_are_refused(length: int) -> None:
    bank = DetectorBank(CONFIG)
    with pytest.raises(CorruptState):
        bank.load(KEY, dumped()[:length])
    assert bank.keys() == []


def test_a_refused_state_leaves_no_slot_behind() -> None:
    bank = DetectorBank(CONFIG)
    feed(bank, records(60))
    held = bank.arena.nbytes
    for _ in range(50):
        with pytest.raises(CorruptState):
            bank.load(KEY, b"CSST" + bytes(40))
    # One spare slot, used again and again.
    bank.slot(b"next")
    assert bank.slot(b"next") <= 1
    assert bank.arena.nbytes <= 2 * held


def test_describe_says_what_the_bytes_hold() -> None:
    stream = np.nan_to_num(records())
    bank = DetectorBank(CONFIG)
    feed(bank, stream)
    said = describe(bank.dump(KEY))
    assert json.loads(json.dumps(said)) == said
    assert said["observations"] == N
    assert said["features"]["f0"]["values_seen"] == N
    assert said["features"]["f0"]["mean"] == pytest.approx(stream[-160:, 0].mean(), abs=0.5)
    assert said["features"]["f0"]["deviation"] == pytest.approx(stream[:, 0].std(), rel=0.5)
    assert said["forest"]["trees"] == CONFIG.n_trees
    assert said["forest"]["samples_per_tree"] == CONFIG.sample_size
    assert said["forest"]["points_learned"] == N - CONFIG.shingle_size + 1
    assert said["recent_scores"]["held"] > 200
    assert said["bytes"] == len(bank.dump(KEY))


def test_describe_of_a_new_key() -> None:
    bank = DetectorBank(CONFIG)
    feed(bank, np.full((1, 2), np.nan))
    said = describe(bank.dump(KEY))
    assert said["observations"] == 1
    assert said["features"]["f1"] == {"values_seen": 0, "mean": 0.0, "deviation": 0.0}
    assert said["recent_scores"] == {"held": 0, "median": None, "highest": None}
