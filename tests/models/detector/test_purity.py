"""A key's decisions hang on its own records alone: not on batches, other keys, or who had the slot before."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.detector import DetectorBank
from tests.models.conftest import examples
from tests.models.detector.runs import (
    KEY,
    autoregressive,
    chosen,
    feed,
    flagged,
    joined,
    noise,
    noisy_sine,
    run,
    same,
    small,
    spiked,
)

N = 300
CONFIG = small(2, alarm_rate=0.02, shingle_size=3)


def records(seed: int) -> np.ndarray:
    found = np.stack([noisy_sine(N, seed), autoregressive(N, seed + 50)], axis=1)
    found = spiked(found, [200, 250], 8.0)
    found[np.random.default_rng(seed).random(found.shape) < 0.03] = np.nan
    return found


@given(st.lists(st.integers(0, N), max_size=8))
@examples(25)
def test_batches_leave_no_trace(cuts: list[int]) -> None:
    stream = np.nan_to_num(records(0))
    whole, bank = run(CONFIG, stream), DetectorBank(CONFIG)
    assert flagged(whole)
    batches = [feed(bank, batch) for batch in np.split(stream, sorted(cuts))]
    assert same(joined(batches), whole)


def test_single_records_are_as_good_as_a_batch() -> None:
    stream, bank = records(1), DetectorBank(CONFIG)
    assert same(joined([feed(bank, record[None]) for record in stream]), run(CONFIG, stream))


@given(st.integers(0, 2**32), st.lists(st.integers(0, 3 * N), max_size=5))
@examples(15)
def test_keys_never_influence_one_another(seed: int, cuts: list[int]) -> None:
    keys = [b"a", b"b", b"\x00"]
    order = np.random.default_rng(seed).permutation(np.repeat(np.arange(3), N))
    streams = [records(key) for key in range(3)]
    mixed = np.zeros((3 * N, 2))
    for key in range(3):
        mixed[order == key] = streams[key]
    bank = DetectorBank(CONFIG)
    batches = []
    for positions in np.split(np.arange(3 * N), sorted(cuts)):
        slots = np.array([bank.slot(keys[key]) for key in order[positions]], np.int64)
        batches.append(bank.process(slots, mixed[positions]))
    together = joined(batches)
    for key in range(3):
        alone = DetectorBank(CONFIG)
        expected = feed(alone, streams[key], keys[key])
        assert same(chosen(together, order == key), expected)
        assert bank.dump(keys[key]) == alone.dump(keys[key])


def test_the_key_seeds_its_forest() -> None:
    bank = DetectorBank(CONFIG)
    one, other = feed(bank, records(0), b"one"), feed(bank, records(0), b"other")
    assert one.score.tobytes() != other.score.tobytes()


def test_the_seed_seeds_the_forest() -> None:
    one = run(small(seed=1), noise(N))
    other = run(small(seed=2), noise(N))
    assert one.score.tobytes() != other.score.tobytes()


def test_a_forgotten_key_starts_anew() -> None:
    bank = DetectorBank(CONFIG)
    first = feed(bank, records(3))
    bank.forget(KEY)
    assert bank.keys() == []
    assert same(feed(bank, records(3)), first)


def test_a_reused_slot_has_no_memory_of_its_former_key() -> None:
    bank, fresh = DetectorBank(CONFIG), DetectorBank(CONFIG)
    feed(bank, records(4), b"former")
    slot = bank.slot(b"former")
    bank.forget(b"former")
    assert bank.slot(KEY) == slot
    assert same(feed(bank, records(5)), feed(fresh, records(5)))
    assert bank.dump(KEY) == fresh.dump(KEY)


def test_forgetting_frees_the_memory() -> None:
    """Keys take different room, so the first few may leave gaps; those that come after them fit."""
    bank, held = DetectorBank(CONFIG), []
    for generation in range(15):
        feed(bank, records(generation % 5), b"%d" % generation)
        bank.forget(b"%d" % generation)
        held.append(bank.arena.nbytes)
    assert held[4] == held[14] < 2 * held[0]


def test_forgetting_an_unknown_key_is_nothing() -> None:
    bank = DetectorBank(CONFIG)
    feed(bank, records(0))
    before = bank.dump(KEY)
    bank.forget(b"unknown")
    assert bank.keys() == [KEY]
    assert bank.dump(KEY) == before


def test_no_records_are_no_decisions() -> None:
    bank = DetectorBank(CONFIG)
    decisions = bank.process(np.zeros(0, np.int64), np.zeros((0, 2)))
    assert len(decisions.status) == len(decisions.expected) == 0
