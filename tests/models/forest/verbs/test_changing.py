"""Decay changed, learning paused, points weighted and taken back, copies frozen: and all of it saved."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import InvalidParameter
from models.forest import RandomCutForest
from models.forest.sample import sampled
from tests.models.conftest import examples
from tests.models.forest.verbs.conftest import cycle, forest, trees_of
from tests.naive import samples_of

Step = Callable[[RandomCutForest, int], object]

STEPS: dict[str, Step] = {
    "learn": lambda used, i: used.learn_many(cycle(7, seed=i)),
    "miss": lambda used, i: used.learn_one({0: float("nan"), 1: float(i)}),
    "lose": lambda used, _: used.learn_many(np.full((4, 2), np.nan)),
    "weigh": lambda used, i: used.learn_one({0: 1.0, 1: 2.0}, w=[0.01, 3.0, 1e6][i % 3]),
    "fade": lambda used, i: used.change_decay([0.0, 0.05, 1.0, None][i % 4]),
    "pause": lambda used, _: used.pause(),
    "resume": lambda used, _: used.resume(),
    "unlearn": lambda used, i: used.unlearn(max(used.n_seen - 3 - i % 5, 0)),
    "ask": lambda used, _: used.forecast(2),
}


@examples(60)
@given(
    st.lists(st.sampled_from(["learn", "learn", *STEPS]), min_size=1, max_size=14),
    st.sampled_from(["last", "impute"]),
    st.integers(0, 3),
    st.data(),
)
def test_cut_anywhere_it_goes_on_with_the_same_bytes(
    life: list[str], missing: str, horizon: int, data: st.DataObject
) -> None:
    cuts = data.draw(st.sets(st.integers(0, len(life))))
    straight, stopped = (forest(missing=missing, horizon=horizon) for _ in range(2))
    for i, step in enumerate(life):
        if i in cuts:
            stopped = RandomCutForest.from_bytes(stopped.dump())
        STEPS[step](straight, i)
        STEPS[step](stopped, i)
        assert straight.dump() == stopped.dump()
        assert straight.imputed == stopped.imputed
        told, retold = straight.forecast(3), stopped.forecast(3)
        assert np.array_equal(told.lower, retold.lower)


@pytest.mark.usefixtures("compiled")
def test_a_weighted_point_is_kept_by_so_many_more_trees() -> None:
    """A point among 200, of which 20 stay: with twice the weight, nearly twice the trees hold it."""
    held = {}
    for weight in (0.2, 1.0, 2.0):
        used = forest(n_trees=1000, sample_size=20, shingle_size=1, time_decay=0.0)
        used.learn_many(np.arange(100.0)[:, None])
        used.learn_one({0: 1000.0}, w=weight)
        used.learn_many(np.arange(100.0)[:, None])
        assert used._arena is not None
        sample = sampled(used._arena, 0)
        held[weight] = int(sample.trees[sample.number == 100].sum())
    # One in ten, give or take five standard deviations.
    assert abs(held[1.0] - 100) < 50
    assert held[0.2] < 45
    assert 145 < held[2.0] < 250


def test_only_the_weighted_point_counts_differently() -> None:
    plain, weighted = forest(cycle(60)), forest(cycle(60))
    plain.learn_one({0: 1.0, 1: 2.0})
    weighted.learn_one({0: 1.0, 1: 2.0}, w=1e9)
    plain.learn_many(cycle(10))
    weighted.learn_many(cycle(10))
    held = [{s.seq for s in samples_of(root)} for _, root in trees_of(weighted)]
    assert all(58 in numbers for numbers in held)
    assert plain.dump() != weighted.dump()


def test_a_higher_decay_forgets_sooner() -> None:
    slow, fast = (forest(cycle(200), time_decay=0.001) for _ in range(2))
    fast.change_decay(0.5)
    assert fast.time_decay == 0.5
    for used in (slow, fast):
        used.learn_many(cycle(60))
    oldest = [
        min(s.seq for _, root in trees_of(used) for s in samples_of(root)) for used in (slow, fast)
    ]
    assert oldest[0] < 150 < oldest[1]
    with pytest.raises(InvalidParameter, match="'time_decay' of the forest must be from 0 to 1"):
        fast.change_decay(2.0)
    assert fast.time_decay == 0.5


def test_paused_it_moves_on_and_learns_nothing() -> None:
    used = forest(cycle(100))
    before = [[s.seq for s in samples_of(root)] for _, root in trees_of(used)]
    used.pause()
    used.learn_many(cycle(50, seed=9) + 100.0)
    assert used.paused
    assert [[s.seq for s in samples_of(root)] for _, root in trees_of(used)] == before
    assert used.n_seen == 150
    # The shingle is that of the newest records: what goes on at their level is one surprise, not a jump back.
    assert used.impute_one({0: 105.0}).keys() == {0, 1}
    used.resume()
    used.learn_many(cycle(50, seed=9) + 100.0)
    assert max(s.seq for _, root in trees_of(used) for s in samples_of(root)) >= 148


def test_a_forest_may_be_paused_before_it_learns() -> None:
    used = forest()
    used.pause()
    loaded = RandomCutForest.from_bytes(used.dump())
    for held in (used, loaded):
        held.learn_many(cycle(20))
        assert held.score_one({0: 1.0, 1: 1.0}) == 0.0
        assert held.forecast().expected.tolist() == [cycle(20)[-1].astype(np.float32).tolist()]
    loaded.resume()
    loaded.learn_many(cycle(20))
    assert loaded.score_one({0: 1.0, 1: 1.0}) > 0


def test_what_is_unlearned_is_gone() -> None:
    used = forest(cycle(10), shingle_size=1)
    used.learn_one({0: 1000.0, 1: -1000.0})
    surprise = used.score_one({0: 1000.0, 1: -1000.0})
    assert used.unlearn(10) == 6
    assert used.unlearn(10) == 0
    assert used.unlearn(10**12) == 0
    assert used.score_one({0: 1000.0, 1: -1000.0}) > 2 * surprise
    fresh = forest(cycle(10), shingle_size=1)
    assert [sorted(s.seq for s in samples_of(root)) for _, root in trees_of(used)] == [
        sorted(s.seq for s in samples_of(root)) for _, root in trees_of(fresh)
    ]
    assert forest().unlearn(0) == 0


def test_a_frozen_copy_answers_the_same_and_learns_nothing() -> None:
    used = forest(cycle(120), horizon=2)
    before = used.dump()
    frozen = used.freeze()
    assert used.dump() == before
    assert frozen.score_many(cycle(9)).tolist() == used.score_many(cycle(9)).tolist()
    assert np.array_equal(frozen.forecast(3).upper, used.forecast(3).upper)
    trees = [[s.seq for s in samples_of(root)] for _, root in trees_of(frozen)]
    frozen.learn_many(cycle(80) + 50)
    assert [[s.seq for s in samples_of(root)] for _, root in trees_of(frozen)] == trees
    assert frozen.paused
    assert not used.paused


@pytest.mark.parametrize("weight", [0.0, -1.0, float("nan"), float("inf")])
def test_weights_are_above_zero(weight: float) -> None:
    used = forest(cycle(9))
    before = used.dump()
    with pytest.raises(InvalidParameter, match="'weight' of the next point must be above 0"):
        used.learn_one({0: 1.0, 1: 1.0}, w=weight)
    assert used.dump() == before
