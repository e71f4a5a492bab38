"""Missing values and irregular times."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import InvalidParameter
from models.forest import RandomCutForest
from tests import naive_answers
from tests.models.conftest import examples
from tests.models.forest.verbs.conftest import cycle, forest

HOLES = np.random.default_rng(8).random((150, 2)) < 0.2


def holed() -> np.ndarray:
    rows = cycle(150)
    rows[HOLES] = np.nan
    return rows


@pytest.mark.parametrize("missing", ["last", "impute"])
def test_missing_values_are_filled_alike_one_by_one_and_many_at_once(missing: str) -> None:
    single, batch = (forest(missing=missing, horizon=2) for _ in range(2))
    one_by_one = []
    for row in holed().tolist():
        x: dict[int, float | None] = {0: row[0], 1: None if np.isnan(row[1]) else row[1]}
        if np.isnan(row[0]):
            del x[0]
            if len(one_by_one) == 0:
                x[0] = None
        one_by_one.append(single.score_one(x))
        single.learn_one(x)
    scores = [*batch.score_learn_many(holed()[:70]), *batch.score_learn_many(holed()[70:])]
    assert scores == one_by_one
    assert batch.dump() == single.dump()
    assert batch.n_imputed == HOLES.sum()


def test_the_last_value_fills_in() -> None:
    rows, filled = holed(), holed()
    for i, j in np.argwhere(HOLES):
        filled[i, j] = filled[i - 1, j] if i else 0.0
    gappy, plain = forest(rows, missing="last"), forest(filled, missing="last")
    assert gappy.score_many(cycle(5)).tolist() == plain.score_many(cycle(5)).tolist()
    assert (gappy.n_imputed, plain.n_imputed) == (HOLES.sum(), 0)


def test_the_forest_fills_in_what_it_expects() -> None:
    used = forest(cycle(100), missing="impute")
    expected = used.impute_one({0: 2.0})
    used.learn_one({0: 2.0})
    assert used.imputed == [1]
    assert used.n_imputed == 1
    assert used._recent[-1].tolist() == list(expected.values())
    used.learn_one({0: 2.0, 1: 3.0})
    assert used.imputed == []


def test_a_strict_forest_refuses_nan_and_flags_nothing() -> None:
    used = forest(cycle(20))
    before = used.dump()
    with pytest.raises(InvalidParameter, match="must be finite"):
        used.learn_one({0: float("nan"), 1: 1.0})
    with pytest.raises(InvalidParameter, match="must be finite"):
        used.learn_one({0: None, 1: 1.0})
    assert used.dump() == before
    used.learn_one({0: 1.0})
    assert (used.imputed, used.n_imputed) == ([], 0)


@pytest.mark.parametrize("missing", ["last", "impute"])
def test_infinite_values_are_refused_by_any_policy(missing: str) -> None:
    used = forest(cycle(20), missing=missing)
    before = used.dump()
    with pytest.raises(InvalidParameter, match="finite and at most 1e"):
        used.learn_many([[np.nan, 1.0], [np.inf, 1.0]])
    assert used.dump() == before


steps = st.lists(st.one_of(st.sampled_from([0.0, 1.0, 60.0, 1e9]), st.floats(0, 1e4)), max_size=40)


@examples(100)
@given(steps, st.sets(st.integers(0, 39)), st.integers(0, 39), st.sampled_from([0.0, 1.7e9]))
def test_gaps_are_multiples_of_the_usual_gap(
    gaps: list[float], lost: set[int], cut: int, start: float
) -> None:
    times = start + np.cumsum([0.0, *gaps])
    times[[i for i in lost if i < len(times)]] = np.nan
    rows = np.stack([times, np.arange(float(len(times)))], axis=1)
    used = RandomCutForest(n_trees=2, sample_size=8, shingle_size=50, time="t")
    whole = _timed(used, rows)
    assert whole == np.float32(naive_answers.ratios(times.tolist())).tolist()
    other = RandomCutForest(n_trees=2, sample_size=8, shingle_size=50, time="t")
    other = RandomCutForest.from_bytes(_told(other, rows[:cut]).dump())
    assert _told(other, rows[cut:]).dump() == used.dump()


def _told(used: RandomCutForest, rows: np.ndarray) -> RandomCutForest:
    for time, value in rows.tolist():
        used.learn_one({"t": time, "v": value} if time == time else {"v": value, "t": None})
    return used


def _timed(used: RandomCutForest, rows: np.ndarray) -> list[float]:
    """The gaps that the forest learned."""
    return _told(used, rows)._recent[:, 0].tolist()


@pytest.mark.usefixtures("compiled")
def test_a_record_that_comes_late_is_unusual_in_any_unit() -> None:
    rng = np.random.default_rng(2)
    gaps = rng.choice([1.0, 3.0], size=600)
    rows = np.stack([np.cumsum(gaps), rng.normal(size=600) * 0.1], axis=1)
    scores = {}
    for unit in (1.0, 1024.0):
        used = RandomCutForest(shingle_size=2, time=0, n_trees=30)
        used.learn_many(rows * [unit, 1.0])
        last = rows[-1, 0] * unit
        scores[unit] = [used.score_one({0: last + late * unit, 1: 0.0}) for late in (1, 3, 30)]
        assert scores[unit][2] > 2 * max(scores[unit][:2])
    assert scores[1.0] == scores[1024.0]


def test_one_by_one_and_at_once_times_are_alike() -> None:
    rows = np.stack([np.cumsum(np.arange(40.0) % 7), cycle(40)[:, 0]], axis=1)
    single, batch = (forest(time=0, horizon=2) for _ in range(2))
    for row in rows.tolist():
        single.learn_one(dict(enumerate(row)))
    batch.learn_many(rows[:1])
    batch.learn_many(rows[1:])
    assert batch.dump() == single.dump()
    assert batch.score_many(rows[-1:] + 1).tolist() == [
        single.score_one({0: rows[-1, 0] + 1, 1: rows[-1, 1] + 1})
    ]
    run = np.array([[rows[-1, 0] + 2, np.nan], [rows[-1, 0] + 4, np.nan]])
    assert not np.isnan(batch.impute_run(run)).any()


def test_times_may_not_go_back() -> None:
    used = forest(np.stack([np.arange(9.0), np.arange(9.0)], axis=1), time=0)
    before = used.dump()
    for wrong in ([[3.0, 1.0]], [[20.0, 1.0], [19.0, 1.0]], [[np.inf, 1.0]]):
        with pytest.raises(
            InvalidParameter, match="'time' of the record must be finite and not before"
        ):
            used.learn_many(wrong)
    assert used.dump() == before
    with pytest.raises(
        InvalidParameter, match=r"'time' of the forest must be one of the features \['v'\], got 't'"
    ):
        forest(time="t").learn_one({"v": 1.0})
