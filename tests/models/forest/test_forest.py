"""The verbs of RandomCutForest, its batch forms, and what it saves."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.errors import CorruptState, IncompatibleState, InvalidParameter
from models.forest import ForestArena, ForestConfig, RandomCutForest
from models.forest.state import dump_forest, load_forest
from models.state import pack

NAMES = ["flow", "level"]
ROWS = np.random.default_rng(6).integers(-20, 20, size=(150, 2)) / 4.0


def forest(score: str = "inverse_depth", **parameters: object) -> RandomCutForest:
    return RandomCutForest(
        **({"n_trees": 6, "sample_size": 20, "shingle_size": 3, "score": score} | parameters)
    )


def named(rows: np.ndarray) -> list[dict[str, float]]:
    return [dict(zip(NAMES, row, strict=True)) for row in rows.tolist()]


@pytest.mark.parametrize("score", ["inverse_depth", "displacement"])
def test_single_and_batch_verbs_agree_to_the_bit(score: str) -> None:
    single, batch = forest(score), forest(score)
    one_by_one = []
    for x in named(ROWS):
        one_by_one.append(single.score_one(x))
        single.learn_one(x)
    batch.learn_one(named(ROWS)[0])
    scores = batch.score_learn_many(ROWS[1:])
    assert scores.tolist() == one_by_one[1:]
    assert batch.dump() == single.dump()
    assert batch.score_many(ROWS[:9]).tolist() == [batch.score_one(x) for x in named(ROWS[:9])]


@pytest.mark.parametrize("score", ["inverse_depth", "displacement"])
def test_scoring_changes_nothing(score: str) -> None:
    used = forest(score)
    used.learn_many(ROWS)
    before = used.dump()
    used.score_one({0: 99.0, 1: -3.0})
    used.score_many(ROWS)
    used.attribute_one({0: 99.0, 1: -3.0})
    assert used.dump() == before


def test_scores_are_zero_until_a_full_shingle_was_learned() -> None:
    scores = forest().score_learn_many(ROWS[:6])
    assert scores[:3].tolist() == [0.0] * 3
    assert (scores[3:] > 0).all()


def test_absent_features_keep_their_last_value_and_new_ones_are_ignored() -> None:
    plain, gappy = forest(), forest()
    for i, x in enumerate(named(ROWS)):
        plain.learn_one(x)
        repeats = i > 0 and x["level"] == ROWS[i - 1, 1]
        gappy.learn_one({"flow": x["flow"], "new": 1e9} if repeats else x)
    assert plain.dump() == gappy.dump()
    assert gappy.attribute_one({"flow": 2.0}).keys() == set(NAMES)


@settings(max_examples=30)
@given(st.integers(0, 2**32))
def test_attribution_sums_to_the_score_and_names_the_culprit(number: int) -> None:
    rng = np.random.default_rng(number)
    used = forest(shingle_size=1, n_trees=20)
    used.learn_many(rng.normal(size=(60, 2)))
    spike = {0: float(rng.normal()), 1: 1e3}
    shares = used.attribute_one(spike)
    assert sum(map(sum, shares.values())) == pytest.approx(used.score_one(spike))
    assert shares[1][1] > 0.9 * used.score_one(spike)
    for row in rng.normal(size=(5, 2)):
        x = dict(enumerate(row.tolist()))
        total = sum(map(sum, used.attribute_one(x).values()))
        assert total == pytest.approx(used.score_one(x), rel=1e-5)


def test_scores_are_bounded() -> None:
    wild = np.random.default_rng(2).standard_cauchy(size=(500, 2)) * 1e6
    assert (forest().score_learn_many(wild) <= np.log2(21)).all()
    assert (forest("displacement").score_learn_many(wild) <= 20).all()


@pytest.mark.parametrize("cut", [0, 1, 2, 3, 19, 23, 80, 150])
def test_a_loaded_forest_goes_on_bit_for_bit(cut: int) -> None:
    straight, stopped = forest(), forest()
    scores = straight.score_learn_many(ROWS)
    before = stopped.score_learn_many(ROWS[:cut])
    loaded = RandomCutForest.from_bytes(stopped.dump())
    assert loaded.dump() == stopped.dump()
    after = loaded.score_learn_many(ROWS[cut:])
    assert np.concatenate([before, after]).tolist() == scores.tolist()
    assert loaded.dump() == straight.dump()


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda f: pickle.loads(pickle.dumps(f))])
def test_copies_are_equal_and_independent(copied: object) -> None:
    original = forest()
    original.learn_many(ROWS)
    before = original.dump()
    other = copied(original)
    other.learn_many(ROWS[:10])
    assert original.dump() == before
    original.learn_many(ROWS[:10])
    assert original.dump() == other.dump()


@pytest.mark.parametrize(
    "names", [["a", "b"], [0, 1], [("pump", 1), ("pump", 2)], [1.5, None], [True, "x"]]
)
def test_any_feature_names_are_saved(names: list[object]) -> None:
    used = forest()
    for row in ROWS.tolist():
        used.learn_one(dict(zip(names, row, strict=True)))
    loaded = RandomCutForest.from_bytes(used.dump())
    x = dict(zip(names, [9.0, 1.0], strict=True))
    assert loaded.score_one(x) == used.score_one(x) > 0
    assert loaded.attribute_one(x) == used.attribute_one(x)


def test_columns_are_found_by_name() -> None:
    frame = pd.DataFrame(ROWS, columns=NAMES)
    straight, swapped = forest(), forest()
    straight.learn_many(frame)
    swapped.learn_many(frame[:50])
    swapped.learn_many(frame[50:][["level", "flow"]].assign(new=1.0))
    assert swapped.dump() == straight.dump()
    assert straight.attribute_one({"flow": 1.0}).keys() == set(NAMES)
    with pytest.raises(InvalidParameter, match=r"must be finite and .*, got nan"):
        straight.score_many(frame[["flow"]])


def test_the_order_of_features_does_not_matter() -> None:
    one, other, frame = forest(), forest(), forest()
    for x in named(ROWS):
        one.learn_one(x)
        other.learn_one({name: x[name] for name in reversed(NAMES)})
    frame.learn_many(pd.DataFrame(ROWS[:, ::-1], columns=NAMES[::-1]))
    assert one.dump() == other.dump() == frame.dump()


def test_equal_forests_are_equal_bytes_and_others_are_not() -> None:
    one, same, other = forest(), forest(), forest(seed=43)
    for used in (one, same, other):
        used.learn_many(ROWS)
    assert one.dump() == same.dump()
    assert one.dump() != other.dump()


def test_the_seed_decides_what_is_random() -> None:
    seeds = [forest(seed=seed) for seed in range(3)]
    scores = [used.score_learn_many(ROWS)[-1] for used in seeds]
    assert len(set(scores)) == 3


def test_every_damaged_byte_is_noticed() -> None:
    used = forest(n_trees=2, sample_size=4, shingle_size=1)
    used.learn_many(ROWS[:8])
    saved = used.dump()
    for at in range(len(saved)):
        damaged = bytearray(saved)
        damaged[at] ^= 0x20
        with pytest.raises(CorruptState):
            RandomCutForest.from_bytes(bytes(damaged))
    for length in (0, 5, 13, 14, len(saved) // 2, len(saved) - 1):
        with pytest.raises(CorruptState):
            RandomCutForest.from_bytes(saved[:length])


def test_states_of_another_kind_or_shape_are_refused() -> None:
    with pytest.raises(IncompatibleState, match="kind of the state must be 'forest', got 'other'"):
        RandomCutForest.from_bytes(pack("other", {}, {}))


def test_a_state_of_buckets_of_another_size_is_refused() -> None:
    arenas = [ForestArena(ForestConfig(n_features=1, n_trees=2, bucket_size=n)) for n in (2, 3)]
    slots = [arena.open_slot(1) for arena in arenas]
    with pytest.raises(IncompatibleState, match="bucket_size of the state must be 3, got 2"):
        load_forest(arenas[1], slots[1], dump_forest(arenas[0], slots[0]))


@pytest.mark.usefixtures("compiled")
def test_a_full_forest_is_saved_in_few_bytes() -> None:
    """50 trees of 256 over one feature and a shingle of 8; the reference implementation needs 189 kB."""
    used = RandomCutForest(shingle_size=8)
    t = np.arange(2000)[:, None]
    used.learn_many(np.sin(t / 8) * 5 + np.random.default_rng(0).normal(size=t.shape))
    assert len(used.dump()) < 130_000
