"""A forest is a function of its seed and its records: of nothing else that happens in its arena or around it."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.forest import ForestArena, ForestConfig
from models.forest.kernels.gains import DISPLACEMENT, INVERSE_DEPTH
from tests.models.conftest import COMPILED, examples
from tests.models.forest.invariants import check_invariants
from tests.models.forest.lives import alone, live, records_of, reload, seed_of, state_bytes
from tests.strategies import forest_configs, operations, records

kinds = st.sampled_from([INVERSE_DEPTH, DISPLACEMENT])


@examples(100)
@given(st.data())
def test_a_forest_is_the_same_bytes_alone_and_among_others(data: st.DataObject) -> None:
    config = data.draw(forest_configs())
    arena, slots, histories = live(config, data.draw(operations(config.n_features)))
    for key, slot in slots.items():
        own, own_slot = alone(config, key, histories[key])
        assert state_bytes(arena, slot) == state_bytes(own, own_slot)
        check_invariants(own, own_slot, records_of(config, histories[key]))


@examples(100)
@given(st.data(), kinds)
def test_batch_boundaries_and_interleaving_never_matter(data: st.DataObject, kind: int) -> None:
    config = data.draw(forest_configs())
    rows = data.draw(records(config.n_features))
    keys = np.array(data.draw(st.lists(st.integers(0, 2), min_size=len(rows), max_size=len(rows))))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(rows)), max_size=6)))

    together = ForestArena(config)
    slots = np.array([together.open_slot(seed_of(key)) for key in range(3)])
    scores = np.concatenate(
        [
            together.score_and_learn(slots[keys[a:b].astype(np.int64)], rows[a:b], kind)
            for a, b in zip([0, *cuts], [*cuts, len(rows)], strict=True)
        ]
    )
    for key in range(3):
        lone = ForestArena(config)
        own = lone.open_slot(seed_of(key))
        mine = keys == key if len(rows) else slice(0)
        expected = lone.score_and_learn(np.full(len(rows[mine]), own), rows[mine], kind)
        assert scores[mine].tobytes() == expected.tobytes()
        assert state_bytes(together, int(slots[key])) == state_bytes(lone, own)


@examples(100)
@given(st.data(), kinds)
def test_a_restored_forest_goes_on_bit_for_bit(data: st.DataObject, kind: int) -> None:
    """Whatever happened to it before."""
    config = data.draw(forest_configs())
    life = data.draw(operations(config.n_features, max_keys=1))
    rows = data.draw(records(config.n_features))
    straight, slots, histories = live(config, life)
    restored, others, _ = live(config, life)
    slot, other = slots[0], others[0]
    saved = state_bytes(restored, other)
    other = reload(restored, other)
    assert state_bytes(restored, other) == saved
    before = records_of(config, histories[0])
    check_invariants(restored, other, before)
    scores = straight.score_and_learn(np.full(len(rows), slot), rows, kind)
    after = restored.score_and_learn(np.full(len(rows), other), rows, kind)
    assert after.tobytes() == scores.tobytes()
    assert state_bytes(restored, other) == state_bytes(straight, slot)
    check_invariants(restored, other, np.concatenate([before, rows]))


def test_a_forest_keeps_only_the_records_that_its_points_need() -> None:
    """Memory follows the reservoirs, not the length of the stream."""
    arena = ForestArena(ForestConfig(n_features=1, shingle_size=4, n_trees=5, sample_size=16))
    slot = arena.open_slot(1)
    sizes, n = [], 1500 if COMPILED else 500
    for _ in range(6):
        rows = np.random.default_rng(len(sizes)).normal(size=(n, 1)).astype(np.float32)
        arena.score_and_learn(np.full(len(rows), slot), rows, INVERSE_DEPTH)
        sizes.append(arena.slot_nbytes(slot))
    assert sizes[-1] == sizes[-3]
    assert arena.nbytes < 4 * sizes[-1]
