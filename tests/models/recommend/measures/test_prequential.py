"""Measures against their definitions over all that was ranked."""

from __future__ import annotations

from math import inf, log2

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.errors import InvalidParameter
from models.recommend.measures.measures import Scope
from models.recommend.measures.prequential import Prequential
from models.recommend.measures.tally import Tally, doubled, halved, tally_of
from models.recommend.store.checkpoint import Checkpoints
from models.recommend.store.store import Limits, Store

CUTOFF, WINDOW, COLD, ITEMS = 3, 5, 2, 8
ranks = st.one_of(st.just(inf), st.integers(2, 20).map(lambda twice: twice / 2))
observations = st.lists(
    st.tuples(
        ranks,
        st.lists(st.integers(0, ITEMS - 1), max_size=CUTOFF, unique=True),
        st.tuples(st.integers(0, 4), st.integers(0, 4)),
    ),
    max_size=20,
)
POPULARITY = np.array([40, 20, 20, 10, 5, 4, 1, 0])
Observed = tuple[float, list[int], tuple[int, int]]


def measured() -> tuple[Store, Prequential]:
    store = Store(Limits(10, 100, 100, None, None))
    prequential = Prequential(store, CUTOFF, WINDOW, COLD)
    store.watch()
    for k in range(ITEMS):
        store.put_item(str(k), 0.0)
    return store, prequential


def feed(prequential: Prequential, observed: list[Observed]) -> None:
    for rank, answer, counts in observed:
        popularity = np.append(POPULARITY[answer], POPULARITY.sum())
        prequential.observe(rank, np.array(answer, np.int64), counts, popularity)


def check_quality(tally: Tally, found: list[float]) -> None:
    assert tally.tests == len(found)
    if not found:
        assert tally.recall is tally.ndcg is tally.mrr is None
        return
    assert tally.recall == sum(rank <= CUTOFF for rank in found) / len(found)
    gains = [1 / log2(1 + rank) for rank in found if rank <= CUTOFF]
    assert tally.ndcg == pytest.approx(sum(gains) / len(found), abs=1e-9)
    assert tally.mrr == pytest.approx(sum(1 / rank for rank in found) / len(found), abs=1e-9)


def check_scope(scope: Scope, observed: list[Observed], gone: set[int]) -> None:
    check_quality(scope.everything, [rank for rank, _, _ in observed])
    check_quality(scope.cold_users, [rank for rank, _, (user, _) in observed if user < COLD])
    check_quality(scope.cold_items, [rank for rank, _, (_, item) in observed if item < COLD])
    shown = [row for _, answer, _ in observed for row in answer]
    assert scope.items == ITEMS - len(gone)
    assert scope.items_shown == len(set(shown) - gone)
    assert scope.coverage == scope.items_shown / scope.items
    if shown:
        bits = [log2(POPULARITY.sum() / max(POPULARITY[row], 1)) for row in shown]
        assert scope.novelty == pytest.approx(np.mean(bits), abs=1e-4)
    else:
        assert scope.novelty is None


@given(observations, st.sets(st.integers(0, ITEMS - 1), max_size=3))
@settings(max_examples=100)
def test_measures_are_what_their_definitions_say(observed: list[Observed], gone: set[int]) -> None:
    store, prequential = measured()
    feed(prequential, observed)
    for row in sorted(gone):
        store.remove_item(str(row))
    found = prequential.measures()
    assert (found.cutoff, found.cold) == (CUTOFF, COLD)
    check_scope(found.total, observed, gone)
    check_scope(found.window, observed[-WINDOW:], gone)


@given(observations, st.integers(0, 20))
@settings(max_examples=50)
def test_a_restored_one_goes_on_alike(observed: list[Observed], cut: int) -> None:
    _, straight = measured()
    feed(straight, observed)
    store, before = measured()
    feed(before, observed[:cut])
    restored, after = Store(Limits(10, 100, 100, None, None)), None
    after = Prequential(restored, CUTOFF, WINDOW, COLD)
    restored.watch()
    checkpoints = Checkpoints(restored, {})
    for name, data in Checkpoints(store, {}).write():
        if data is not None:
            checkpoints.take(name, data)
    checkpoints.restore()
    feed(after, observed[cut:])
    assert after.measures() == straight.measures()


@given(st.lists(ranks), st.lists(ranks))
def test_merging_is_as_if_one_had_seen_all(left: list[float], right: list[float]) -> None:
    def total(found: list[float]) -> Tally:
        tally = Tally()
        for rank in found:
            tally = tally.merged(tally_of(rank, CUTOFF))
        return tally

    assert total(left).merged(total(right)) == total(right + left)


@given(ranks)
def test_ranks_survive_being_whole_numbers(rank: float) -> None:
    assert halved(doubled(rank)) == rank


@pytest.mark.parametrize("rank", [0.5, float("nan"), -1.0])
def test_what_is_no_rank_is_refused(rank: float) -> None:
    with pytest.raises(InvalidParameter, match="The 'rank' of an interaction must be at least 1"):
        tally_of(rank, CUTOFF)
