"""Billions of points and more: whatever their number, priorities keep their precision and everything goes on."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.forest import ForestArena, ForestConfig
from models.forest.kernels.randomness import bits, exceeds, priority
from tests.models.conftest import examples
from tests.models.forest.invariants import check_invariants, numbers, outline, pointers
from tests.models.forest.lives import learn, reload, state_bytes
from tests.naive_reservoir import UNIT, Forest, draw

LATE = [2**31 - 100, 2**32 - 60, 2**40, 2**53 - 70, 2**53 + 1, 2**62, 2**63 - 1000]
"""Numbers around which a narrower count, a float32, a float64 or a signed one would lose count."""
ROWS = np.round(np.random.default_rng(0).normal(size=(260, 2)) * 9).astype(np.float32)


def late(first: int, decay: float, bucket_size: int = 3) -> ForestArena:
    """An arena whose one slot was given the first of ROWS, which had the number `first`."""
    config = ForestConfig(
        n_features=2,
        shingle_size=2,
        n_trees=3,
        sample_size=16,
        time_decay=decay,
        bucket_size=bucket_size,
    )
    arena = ForestArena(config)
    slot = arena.open_slot(3)
    learn(arena, slot, ROWS[:1])
    row = arena.forests.slots[slot]
    row["seen"] += first
    arena.forests.run_number[row["run_start"]] += first
    return arena


@pytest.mark.parametrize("decay", [0.0, 0.01, 0.5, 1.0])
@pytest.mark.parametrize("first", LATE)
def test_late_forests_are_those_of_the_twin(first: int, decay: float) -> None:
    """The twin counts with whole numbers of any length."""
    arena = late(first, decay)
    twin = Forest(3, 16, 2, 3, round(decay * UNIT), 3, first)
    learn(arena, 0, ROWS[1:])
    for record in ROWS:
        twin.learn(record)
    check_invariants(arena, 0, ROWS, first)
    for tree, root in enumerate(twin.trees):
        assert outline(pointers(arena, 0, tree)) == outline(root)
        assert sorted(numbers(arena, 0, tree)) == sorted(twin.reservoirs[tree].held)


@pytest.mark.parametrize("first", LATE)
def test_late_forests_are_saved_and_go_on_bit_for_bit(first: int) -> None:
    straight, restored = late(first, 0.01), late(first, 0.01)
    scores = learn(straight, 0, ROWS[1:])
    before = learn(restored, 0, ROWS[1:131])
    slot = reload(restored, 0)
    after = learn(restored, slot, ROWS[131:])
    assert np.concatenate([before, after]).tobytes() == scores.tobytes()
    assert state_bytes(restored, slot) == state_bytes(straight, 0)
    check_invariants(restored, slot, ROWS, first)


@given(st.integers(0, 2**64 - 1), st.integers(0, 2**63 - 1), st.integers(0, UNIT))
@examples(200)
def test_priorities_of_any_number_are_exact(seed: int, seq: int, decay: int) -> None:
    """To the unit, but for whole turns of the dial."""
    faded = np.int64(np.uint64(decay * seq % 2**64))
    got = int(priority(np.uint64(seed), seq, faded))
    assert (got - draw(seed, seq) + decay * seq) % 2**64 == 0


@given(st.integers(0, 2**64 - 1), st.integers(1 - 2**63, 2**63 - 1))
@examples(200)
def test_priorities_are_compared_as_on_a_dial(place: int, ahead: int) -> None:
    """By their difference, also where one has gone round and the other has not."""
    a, b = (np.uint64(n % 2**64).astype(np.int64) for n in (place + ahead, place))
    assert exceeds(a, b) == (ahead > 0)


def test_neighbouring_numbers_draw_other_bits_however_late() -> None:
    seed = np.uint64(5)
    for start in LATE:
        drawn = {int(bits(seed, start + i, 0)) for i in range(500)}
        assert len(drawn) == 500
