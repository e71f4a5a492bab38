"""Many trees, many live records, and a million operations: nothing drifts, nothing overflows."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from models.forest import ForestArena, ForestConfig
from models.forest.kernels.gains import NO_SCORE
from models.forest.sample import sampled
from tests.models.forest.invariants import check_invariants, numbers
from tests.models.forest.lives import alone, happen, records_of, reload, seed_of, state_bytes
from tests.strategies import Operation


@pytest.mark.usefixtures("compiled")
def test_more_live_records_than_16_bits_number() -> None:
    """300 trees of 256 that forget nothing: over 65,535 of 150,000 records live on, in points of two records each."""
    config = ForestConfig(
        n_features=1, shingle_size=2, n_trees=300, sample_size=256, time_decay=0.0
    )
    arena = ForestArena(config)
    slot = arena.open_slot(7)
    rows = np.random.default_rng(1).normal(size=(150_000, 1)).astype(np.float32)
    arena.score_and_learn(np.full(75_000, slot), rows[:75_000], NO_SCORE)
    assert len(live_records(arena, slot)) < 65_536
    slot = reload(arena, slot)
    arena.score_and_learn(np.full(75_000, slot), rows[75_000:], NO_SCORE)
    assert len(live_records(arena, slot)) > 65_536
    saved = state_bytes(arena, slot)
    slot = reload(arena, slot)
    assert state_bytes(arena, slot) == saved
    check_invariants(arena, slot, rows)


def live_records(arena: ForestArena, slot: int) -> set[int]:
    """The records that some sample covers."""
    first = sampled(arena, slot).record
    return {*first.tolist(), *(first + 1).tolist()}


@pytest.mark.usefixtures("compiled")
@pytest.mark.parametrize("bucket_size", [1, 11])
def test_boxes_and_masses_are_exact_after_a_million_operations(bucket_size: int) -> None:
    """Insertions and deletions by learning with much decay, and among them all else that happens to a forest."""
    config = ForestConfig(
        n_features=2, shingle_size=2, n_trees=50, sample_size=64, bucket_size=bucket_size
    )
    arena, rng = ForestArena(config), np.random.default_rng(5)
    slot = arena.open_slot(seed_of(0))
    history: list[Operation] = []
    changes = 0
    while changes < 1_000_000:
        for operation in a_thousand_records(rng):
            seen = int(arena.forests.slots[slot]["seen"])
            happen(arena, slot, operation)
            history.append(operation)
            # What came and stayed was put in, in place of what was taken out: full trees stay full.
            come = [np.count_nonzero(numbers(arena, slot, t) >= seen - 1) for t in range(50)]
            changes += 2 * sum(come)
        check_invariants(arena, slot, records_of(config, history))
        slot = reload(arena, slot)
    check_invariants(arena, slot, records_of(config, history))
    again, own = alone(config, 0, history)
    assert state_bytes(arena, slot) == state_bytes(again, own)


def a_thousand_records(rng: np.random.Generator) -> Iterator[Operation]:
    """Many values and points are equal; some points are weighted or unlearned, some come while learning is paused."""
    for turn in range(20):
        kind, number = {
            3: ("weigh", 5.0),
            6: ("fade", float(rng.choice([0.02, 0.1, 0.5]))),
            9: ("pause", 0.1),
            12: ("unlearn", float(rng.uniform(0.999, 1.0))),
            15: ("unlearn", 1.0),
        }.get(turn, ("learn", 0.0))
        n = 0 if kind in ("fade", "unlearn") else 64
        rows = np.round(rng.normal(size=(n, 2)) * 3, int(rng.integers(0, 3)))
        yield Operation(0, kind, rows.astype(np.float32), number)
