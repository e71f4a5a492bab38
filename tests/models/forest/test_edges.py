"""The ends of what a forest takes."""

from __future__ import annotations

import math
from datetime import datetime

import numpy as np
import pytest

from models.errors import InvalidParameter
from models.forest import ForestArena, ForestConfig, RandomCutForest
from models.forest.kernels.gains import INVERSE_DEPTH, NO_SCORE
from tests.models.conftest import COMPILED
from tests.models.forest.invariants import check_invariants, records_held

ANY_NUMBER = "finite and at most 1e\\+30 in magnitude"


def forest(**parameters: object) -> RandomCutForest:
    return RandomCutForest(**({"n_trees": 10, "sample_size": 32} | parameters))


def test_an_empty_forest_scores_nothing() -> None:
    assert forest().score_one({"x": 1.0}) == 0.0
    assert forest().score_many([[1.0], [2.0]]).tolist() == [0.0, 0.0]
    assert forest().attribute_one({"x": 1.0}) == {"x": (0.0, 0.0)}


def test_one_point() -> None:
    """An equal point is damped to a half; any other is isolated at the root."""
    one = forest()
    one.learn_one({"x": 3.0})
    assert one.score_one({"x": 3.0}) == pytest.approx(0.5)
    assert one.score_one({"x": 3.5}) == pytest.approx(1.0)
    assert one.attribute_one({"x": 3.5}) == {"x": pytest.approx((0.0, 1.0))}
    assert one.attribute_one({"x": 3.0}) == {"x": pytest.approx((0.25, 0.25))}


def test_two_equal_points() -> None:
    two = forest()
    two.learn_many([[3.0], [3.0]])
    assert two.score_one({0: 3.0}) == pytest.approx(0.5)
    assert two.score_one({0: 2.5}) == pytest.approx(math.log2(3))


def test_a_constant_stream_makes_any_change_an_extreme() -> None:
    constant = forest(shingle_size=2)
    scores = constant.score_learn_many(np.full((200, 2), 7.5))
    assert scores[2:] == pytest.approx(0.5)
    assert constant.score_one({0: 7.5, 1: 7.500001}) == pytest.approx(math.log2(33))
    low, high = constant.attribute_one({0: 7.5, 1: 7.0})[1]
    assert (low, high) == (pytest.approx(math.log2(33)), 0.0)


@pytest.mark.parametrize("scale", [1e-38, 1e-30, 1e-3, 1.0, 1e10, 1e29])
def test_scores_do_not_depend_on_scale(scale: float) -> None:
    """By powers of two, they are the same to the last bit where all cuts are stored.

    The cuts within buckets are drawn from the bits of their points: other ones at another scale, of the same law.
    """
    rows = np.random.default_rng(3).normal(size=(300, 2)).astype(np.float32)
    exact = np.float32(2.0 ** round(math.log2(scale)))
    tolerance = 0.0 if scale > 1e-36 else 0.1
    for bucket_size, difference in ((1, tolerance), (11, 0.2)):
        reference, scaled = (scores_of(part, bucket_size) for part in (rows, rows * exact))
        assert np.abs(scaled - reference).max() <= difference * reference.max()
        assert scaled.mean() == pytest.approx(reference.mean(), rel=0.03)


def scores_of(rows: np.ndarray, bucket_size: int) -> np.ndarray:
    arena = ForestArena(
        ForestConfig(n_features=2, n_trees=10, sample_size=32, bucket_size=bucket_size)
    )
    slots = np.full(len(rows), arena.open_slot(1))
    return arena.score_and_learn(slots, rows, INVERSE_DEPTH)


def test_denormals_are_told_apart() -> None:
    tiny = 2.0**-149
    rows = np.array([[0.0], [tiny], [2 * tiny], [0.0], [tiny]] * 20)
    arena, slot = learned(rows)
    check_invariants(arena, slot, rows.astype(np.float32))
    scores = forest().score_learn_many(rows)
    assert (scores[10:] < math.log2(33) / 2).all()


def test_negative_zero_is_zero() -> None:
    zeros = [[0.0], [-0.0], [1.0], [-0.0], [0.0]] * 10
    signed, plain = forest(), forest()
    signed.learn_many(zeros)
    plain.learn_many(np.abs(zeros))
    assert signed.dump() == plain.dump()
    assert signed.score_one({0: -0.0}) == plain.score_one({0: 0.0})


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 1.1e30, -1e300])
def test_what_is_no_ordinary_number_is_refused_before_it_harms(value: float) -> None:
    used = forest()
    used.learn_many([[1.0, 2.0], [2.0, 1.0]])
    before = used.dump()
    for call in (
        lambda: used.learn_one({0: 1.0, 1: value}),
        lambda: used.score_one({0: 1.0, 1: value}),
        lambda: used.attribute_one({0: 1.0, 1: value}),
        lambda: used.learn_many([[1.0, 2.0], [1.0, value]]),
        lambda: used.score_many([[1.0, 2.0], [1.0, value]]),
        lambda: used.score_learn_many([[1.0, 2.0], [1.0, value]]),
        lambda: forest().learn_one({"x": value}),
        lambda: forest().learn_many([[value]]),
        lambda: forest().score_many([[value]]),
    ):
        with pytest.raises(InvalidParameter, match=f"'values' of the records.*{ANY_NUMBER}, got "):
            call()
    assert used.dump() == before


@pytest.mark.parametrize("value", ["high", [1.0], datetime.min, 1j])
def test_what_is_no_number_is_refused(value: object) -> None:
    with pytest.raises(InvalidParameter, match="'values' of the records must be numbers, got "):
        forest().learn_one({"x": 1.0, "y": value})


def test_a_refused_first_record_leaves_the_forest_as_it_was() -> None:
    fresh = forest()
    with pytest.raises(InvalidParameter):
        fresh.learn_one({"x": math.nan, "y": 1.0})
    fresh.learn_one({"a": 1.0})
    assert fresh.attribute_one({"a": 2.0}).keys() == {"a"}


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"n_trees": 0}, "The 'n_trees' of the forest must be from 1 to 1000, got 0."),
        ({"sample_size": 1}, "The 'sample_size' of the forest must be from 2 to 32768, got 1."),
        ({"shingle_size": 0}, "The 'shingle_size' of the forest must be at least 1"),
        ({"shingle_size": 40_000}, "with n_features \\* shingle_size <= 32768, got 40000."),
        ({"time_decay": -0.1}, "must be from 0 to 1, or None, got -0.1."),
        ({"time_decay": math.nan}, "must be from 0 to 1, or None, got nan."),
        ({"score": "depth"}, "must be 'inverse_depth' or 'displacement', got 'depth'."),
        ({"seed": -1}, "The 'seed' of the forest must be from 0 to 2\\*\\*64 - 1, got -1."),
    ],
)
def test_parameters_out_of_their_range_are_refused(
    parameters: dict[str, object], sentence: str
) -> None:
    with pytest.raises(InvalidParameter, match=sentence):
        RandomCutForest(**parameters)


def test_rows_of_another_width_are_refused() -> None:
    used = forest()
    used.learn_many([[1.0, 2.0]])
    with pytest.raises(InvalidParameter, match=r"must be \(n, 2\), got \(1, 3\)"):
        used.learn_many([[1.0, 2.0, 3.0]])
    with pytest.raises(InvalidParameter, match=r"must be \(n, 2\), got \(2, 1\)"):
        used.score_many([[1.0], [2.0]])


@pytest.mark.parametrize("rows", [[[]], np.zeros((3, 0)), np.zeros((2, 2, 2))])
def test_what_are_no_rows_is_refused(rows: object) -> None:
    with pytest.raises(InvalidParameter, match=r"must be \(n, "):
        forest().learn_many(rows)


def test_no_rows_change_nothing() -> None:
    used = forest()
    used.learn_many([[1.0, 2.0]])
    before = used.dump()
    used.learn_many(np.zeros((0, 2)))
    assert used.score_many(np.zeros((0, 2))).shape == (0,)
    assert used.score_learn_many(np.zeros((0, 2))).shape == (0,)
    assert used.dump() == before


def learned(rows: np.ndarray, **parameters: object) -> tuple[ForestArena, int]:
    parameters = {"n_trees": 4, "sample_size": 16} | parameters
    arena = ForestArena(ForestConfig(n_features=rows.shape[1], **parameters))
    slot = arena.open_slot(1)
    arena.score_and_learn(np.full(len(rows), slot), rows.astype(np.float32), INVERSE_DEPTH)
    return arena, slot


def test_many_trees() -> None:
    rows = np.random.default_rng(1).normal(size=(60, 1)).astype(np.float32)
    check_invariants(*learned(rows, n_trees=300 if COMPILED else 30), rows)


def test_the_smallest_reservoir() -> None:
    rows = np.random.default_rng(1).integers(0, 4, size=(80, 2)).astype(np.float32)
    check_invariants(*learned(rows, sample_size=2), rows)


@pytest.mark.usefixtures("compiled")
def test_the_largest_reservoir() -> None:
    """40,000 points into one reservoir of 32,768; sorted points would make the deepest trees."""
    config = ForestConfig(n_features=1, n_trees=1, sample_size=32768, bucket_size=1)
    arena = ForestArena(config)
    slot = arena.open_slot(1)
    rows = np.cumsum(np.random.default_rng(1).exponential(size=(40_000, 1)), axis=0)
    slots = np.full(len(rows), slot)
    arena.score_and_learn(slots, rows.astype(np.float32), NO_SCORE)
    held = records_held(arena, slot, 0)
    assert len(held) == 32768
    # In one dimension the leaves, left to right, are the sorted sample.
    first = int(arena.forests.slots[slot]["record_start"])
    assert (np.diff(arena.records[first + held].ravel()) >= 0).all()


@pytest.mark.usefixtures("compiled")
def test_the_deepest_tree() -> None:
    """Values that double each time: nearly every cut splits off the greatest alone."""
    rows = (2.0 ** np.arange(-110, 90, 1))[:, None].astype(np.float32)
    arena, slot = learned(rows, sample_size=256, bucket_size=1)
    check_invariants(arena, slot, rows)


@pytest.mark.usefixtures("compiled")
def test_all_equal_in_the_largest_reservoir() -> None:
    rows = np.full((33_000, 1), 2.5, np.float32)
    arena, slot = learned(rows, n_trees=1, sample_size=32768)
    assert arena.forests.sizes[slot, 0] == 32768
    more = arena.score_and_learn(np.full(2, slot), np.array([[2.5], [3]], np.float32), 0)
    assert more == pytest.approx([0.5, np.log2(32769)])
