import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.recommend.records import Interaction
from tests import naive_recommend as naive
from tests.models.conftest import COMPILED
from tests.models.recommend.ranking.lives import Life, seeded, streams


def popularities(life: Life, stream: list[Interaction], half_life: int) -> None:
    learned = [event for event in stream if event.weight > 0.0]
    touches = [
        (n, life.store.items.row(event.item), min(event.weight, 1e6), 0)
        for n, event in enumerate(learned)
    ]
    got = life.hybrid.trending.popularity(half_life)
    for row in life.alive.tolist():
        want = naive.popularity(touches, row, len(learned), half_life)
        assert got[row] == pytest.approx(want, rel=1e-4, abs=1e-9)


@settings(max_examples=30 if COMPILED else 3, deadline=None)
@given(streams(), st.integers(1, 100))
def test_twin(stream: list[Interaction], cut: int) -> None:
    life = Life(("trending",))
    life.learn(stream, cut)
    popularities(life, stream, 2)
    popularities(life, stream, 30)


def test_epochs_pass() -> None:
    life, stream = Life(("trending",)), seeded(2_500, 20)
    life.learn(stream)
    popularities(life, stream, 2)
    popularities(life, stream, 30)


def test_only_those_half_lives_are_kept() -> None:
    with pytest.raises(ValueError, match="tuple"):
        Life(("trending",)).hybrid.trending.popularity(7)


def test_groups_are_situations() -> None:
    life = Life(("trending",))
    life.learn([Interaction("u", "a", 0, 1.0, 0.0), Interaction("u", "b", 0, 1.0, 60.0)])
    counts = life.hybrid.trending.arrays.counts
    a, b = life.store.items.row("a"), life.store.items.row("b")
    np.testing.assert_array_equal(counts[a, 2:] > 0, [True, False, False])
    np.testing.assert_array_equal(counts[b, 2:] > 0, [False, True, False])
