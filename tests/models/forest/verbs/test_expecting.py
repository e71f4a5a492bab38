"""Expected values, imputation and forecasts, against the twin and for what they are worth."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import InvalidParameter
from models.forest import RandomCutForest
from tests import naive_answers
from tests.models.conftest import examples
from tests.models.forest.verbs.conftest import cycle, forest, trees_of

shapes = st.sampled_from([(1, 1), (1, 4), (2, 3), (3, 1), (1, 9)])


@st.composite
def learned(draw: st.DrawFn) -> tuple[RandomCutForest, np.ndarray]:
    """A forest, and the records that it learned."""
    features, shingle_size = draw(shapes)
    rows = cycle(draw(st.integers(shingle_size, 120)), features, draw(st.integers(0, 99)))
    trees, samples = draw(st.integers(1, 12)), draw(st.integers(2, 40))
    return forest(rows, n_trees=trees, sample_size=samples, shingle_size=shingle_size), rows


def twin_arguments(used: RandomCutForest) -> tuple[int, int, int]:
    """Shingle size, records seen, bucket size."""
    return used.shingle_size, used.n_seen, used._config(1).bucket_size


@examples(60)
@given(learned(), st.integers(1, 7))
def test_forecasts_equal_the_twin(life: tuple[RandomCutForest, np.ndarray], horizon: int) -> None:
    used, rows = life
    found = used.forecast(horizon)
    expected = naive_answers.forecast(trees_of(used), rows, horizon, *twin_arguments(used))
    assert np.array_equal(np.array([found.expected, found.lower, found.upper]), expected)
    assert (found.lower <= found.expected).all()
    assert (found.expected <= found.upper).all()


@examples(60)
@given(learned(), st.data())
def test_filled_gaps_equal_the_twin(
    life: tuple[RandomCutForest, np.ndarray], data: st.DataObject
) -> None:
    used, rows = life
    run = cycle(data.draw(st.integers(1, 14)), rows.shape[1], 77)
    flags = st.lists(st.booleans(), min_size=run.size, max_size=run.size)
    run[np.array(data.draw(flags)).reshape(run.shape)] = np.nan
    expected = naive_answers.impute_run(trees_of(used), rows, run, *twin_arguments(used))
    assert np.array_equal(used.impute_run(run), expected)


@examples(40)
@given(learned(), st.data())
def test_imputing_many_is_imputing_each(
    life: tuple[RandomCutForest, np.ndarray], data: st.DataObject
) -> None:
    used, rows = life
    many = cycle(9, rows.shape[1], 78)
    flags = st.lists(st.booleans(), min_size=many.size, max_size=many.size)
    many[np.array(data.draw(flags)).reshape(many.shape)] = np.nan
    filled = used.impute_many(many)
    assert not np.isnan(filled).any()
    given = ~np.isnan(many)
    assert np.array_equal(filled[given], many[given].astype(np.float32))
    for row, whole in zip(many, filled, strict=True):
        known = {i: v for i, v in enumerate(row.tolist()) if not np.isnan(v)}
        assert list(used.impute_one(known).values()) == whole.tolist()
        assert np.array_equal(used.impute_run(row[None])[0], whole)


def test_a_whole_missing_record_is_what_was_forecast() -> None:
    used = forest(cycle(200))
    missing = used.impute_many(np.full((1, 2), np.nan))[0]
    assert missing == pytest.approx(used.forecast(1).expected[0], rel=1e-6)
    told = used.expected_one({0: 1e3, 1: -1e3})
    assert [value.value for value in told.values()] == used.forecast(1).expected[0].tolist()
    assert all(value.lower <= value.value <= value.upper for value in told.values())


@pytest.mark.usefixtures("compiled")
def test_gaps_and_forecasts_are_nearer_than_the_last_value() -> None:
    t = np.arange(1500)[:, None]
    rows = np.sin(t / 5) * 5 + np.random.default_rng(1).normal(size=t.shape) * 0.2
    used = RandomCutForest(shingle_size=12, n_trees=30)
    used.learn_many(rows[:1400])
    found = used.forecast(20).expected
    assert np.abs(found - rows[1400:1420]).mean() < 0.8
    assert np.abs(rows[1399] - rows[1400:1420]).mean() > 2.0
    run = rows[1400:1440].copy()
    run[10:16] = np.nan
    assert np.abs(used.impute_run(run) - rows[1400:1440]).max() < 1.5


def test_without_a_shingle_the_feature_to_blame_is_asked_for() -> None:
    rng = np.random.default_rng(3)
    kind = rng.integers(0, 2, size=400)
    rows = np.stack([kind * 100.0, kind * 50.0], axis=1) + rng.normal(size=(400, 2))
    used = forest(rows, shingle_size=1, n_trees=20, sample_size=64)
    told = used.expected_one({0: 100.0, 1: 400.0})
    assert told[0] == (100.0, 100.0, 100.0)
    assert 45 < told[1].lower <= told[1].value <= told[1].upper < 55


def test_before_the_first_shingle_the_last_value_answers() -> None:
    empty = forest()
    assert empty.forecast(2).expected.shape == (2, 0)
    assert empty.impute_one({}) == {}
    assert empty.expected_one({"a": 1.0}) == {"a": (1.0, 1.0, 1.0)}
    used = forest(np.array([[3.0, 4.0]]))
    found = used.forecast(2)
    assert found.expected.tolist() == [[3.0, 4.0]] * 2
    assert np.isneginf(found.lower).all()
    assert np.isposinf(found.upper).all()
    assert used.impute_one({0: 7.0}) == {0: 7.0, 1: 4.0}
    run = used.impute_run([[np.nan, 5.0], [8.0, np.nan]])
    assert run.tolist() == [[3.0, 5.0], [8.0, 5.0]]


def test_asking_changes_nothing() -> None:
    used = forest(cycle(100), horizon=2)
    before = used.dump()
    used.forecast(5)
    used.expected_one({0: 1.0, 1: 2.0})
    used.impute_run(np.full((4, 2), np.nan))
    used.impute_many(np.full((4, 2), np.nan))
    assert used.dump() == before


def test_what_is_asked_for_must_make_sense() -> None:
    used = forest(cycle(20))
    with pytest.raises(
        InvalidParameter, match="'horizon' of the forecast must be at least 1, got 0"
    ):
        used.forecast(0)
    with pytest.raises(InvalidParameter, match="finite and at most 1e"):
        used.impute_many([[np.inf, np.nan]])
    with pytest.raises(InvalidParameter, match="'shape' of the records"):
        used.impute_run([[np.nan]])
