from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from river import metrics

from models.online.ranking import Ranking

JUDGED = st.lists(st.tuples(st.booleans(), st.floats(0.0, 1.0)), max_size=40)


def ranked(judged: list[tuple[bool, float]]) -> Ranking:
    ranking = Ranking()
    for label, probability in judged:
        ranking.update(label, probability)
    return ranking


@given(st.lists(st.tuples(st.booleans(), st.sampled_from((0.0, 1e-6, 0.01, 0.3, 0.9, 1.0)))))
def test_the_area_is_the_share_of_pairs_in_order(judged: list[tuple[bool, float]]) -> None:
    pairs = [
        1.0 if high > low else 0.5 if high == low else 0.0
        for positive, high in judged
        for negative, low in judged
        if positive and not negative
    ]
    expected = pytest.approx(sum(pairs) / len(pairs)) if pairs else None
    assert ranked(judged).get() == expected


@given(JUDGED)
def test_what_is_saved_goes_on_alike(judged: list[tuple[bool, float]]) -> None:
    first, second = ranked(judged[:20]), Ranking()
    second.restore(first.state())
    for label, probability in judged[20:]:
        first.update(label, probability)
        second.update(label, probability)
    assert second.state() == first.state()
    assert second.get() == first.get()


def test_it_is_near_what_river_says() -> None:
    judged = [(at % 3 == 0, (at * 37 % 101 + 40 * (at % 3 == 0)) / 150) for at in range(600)]
    river = metrics.ROCAUC(n_thresholds=100)
    for label, probability in judged:
        river.update(label, probability)
    assert ranked(judged).get() == pytest.approx(river.get(), abs=0.01)
