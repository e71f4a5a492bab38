"""Scoring without learning: what `process` would say, and nothing changes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.detector import DetectorBank
from models.detector.decisions import ANOMALY, WARMING, Decisions
from models.errors import InvalidParameter
from tests.models.conftest import examples
from tests.models.detector.runs import (
    KEY,
    autoregressive,
    feed,
    noise,
    noisy_sine,
    same,
    small,
    spiked,
)

N = 300
CONFIGS = [
    small(2, shingle_size=3, alarm_rate=0.02),
    small(2, shingle_size=1, alarm_rate=0.02, score="displacement"),
]


def stream(seed: int = 0) -> np.ndarray:
    found = np.stack([noisy_sine(N, seed), 100.0 * autoregressive(N, seed + 9)], axis=1)
    found = spiked(found, [120, 200], 8.0)
    found[np.random.default_rng(seed).random(found.shape) < 0.03] = np.nan
    return found


def fed(config, upto: int) -> DetectorBank:
    bank = DetectorBank(config)
    if upto:
        feed(bank, stream()[:upto])
    else:
        bank.slot(KEY)
    return bank


def copied(bank: DetectorBank) -> DetectorBank:
    twin = DetectorBank(bank.config)
    twin.load(KEY, bank.dump(KEY))
    return twin


def unexplained(decisions: Decisions) -> Decisions:
    """The decisions with the explanations of anomalies alone, as `process` gives them."""
    kept = (decisions.status == ANOMALY) & (decisions.detail >= 0)
    rows = decisions.detail[kept]
    detail = np.full(len(kept), -1)
    detail[kept] = np.arange(len(rows))
    return Decisions(*decisions[:9], detail, *(part[rows] for part in decisions[10:]))


@pytest.mark.parametrize("config", CONFIGS, ids=["inverse_depth", "displacement"])
@given(st.integers(0, N), st.lists(st.sampled_from([0.0, 1e3, -1e9, np.nan, 0.3]), min_size=2))
@examples(40)
def test_it_says_what_process_would_say_and_changes_nothing(config, upto, numbers) -> None:
    asked = np.array(numbers[: len(numbers) // 2 * 2]).reshape(-1, 2)
    bank = fed(config, upto)
    before = bank.dump(KEY)
    told = bank.score(KEY, asked)
    assert bank.dump(KEY) == before
    for i, row in enumerate(asked):
        rows = slice(i, i + 1)
        alone = bank.score(KEY, row[None])
        assert same(unexplained(alone), feed(copied(bank), row[None]))
        assert np.array_equal(told.score[rows], alone.score)
        assert np.array_equal(told.status[rows], alone.status)


def test_asking_leaves_no_trace_in_what_follows() -> None:
    asked, plain = fed(CONFIGS[0], 0), fed(CONFIGS[0], 0)
    for batch in np.split(stream(), range(7, N, 7)):
        asked.score(KEY, np.array([[1e6, -1e6], [np.nan, 0.0]]))
        assert same(feed(asked, batch), feed(plain, batch))
    assert asked.dump(KEY) == plain.dump(KEY)


def test_whatever_is_scored_is_explained() -> None:
    bank = fed(CONFIGS[0], N)
    told = bank.score(KEY, np.array([[0.0, 0.0], [50.0, 0.0]]))
    assert told.detail.tolist() == [0, 1]
    assert told.status[1] == ANOMALY
    assert np.allclose(told.attribution.sum(axis=(1, 2)), 1.0)
    assert told.attribution[1].sum(axis=1).argmax() == 0


def test_a_young_key_is_warming_and_not_explained() -> None:
    bank = fed(CONFIGS[0], 1)
    told = bank.score(KEY, np.zeros((3, 2)))
    assert told.status.tolist() == [WARMING] * 3
    assert told.observations.tolist() == [2] * 3
    assert told.detail.tolist() == [-1] * 3
    assert len(told.expected) == 0


def test_other_keys_are_untouched() -> None:
    bank = DetectorBank(small())
    feed(bank, noise(60), b"other")
    feed(bank, noise(60))
    before = bank.dump(b"other")
    bank.score(KEY, np.array([[1e9]]))
    assert bank.dump(b"other") == before


def test_what_cannot_be_scored_is_refused() -> None:
    bank = fed(CONFIGS[0], 10)
    before = bank.dump(KEY)
    with pytest.raises(InvalidParameter):
        bank.score(KEY, np.array([[np.inf, 0.0]]))
    with pytest.raises(InvalidParameter):
        bank.score(KEY, np.array([[0.0]]))
    with pytest.raises(KeyError):
        bank.score(b"unknown", np.zeros((1, 2)))
    assert b"unknown" not in bank
    assert bank.keys() == [KEY]
    assert bank.dump(KEY) == before


def test_no_records_are_no_decisions() -> None:
    assert len(fed(CONFIGS[0], 10).score(KEY, np.zeros((0, 2))).status) == 0
