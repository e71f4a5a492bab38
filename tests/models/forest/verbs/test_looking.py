"""Near neighbours, density and hotspots, against the twin and on shapes that anyone can see."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import InvalidParameter
from models.forest import RandomCutForest
from models.forest.kernels.regions import NONE, count_near, join_dense
from tests import naive_answers
from tests.models.conftest import examples
from tests.models.forest.verbs.conftest import cycle, forest, trees_of
from tests.naive import samples_of


@examples(100)
@given(st.integers(0, 2**32), st.integers(0, 40), st.integers(1, 3), st.integers(1, 9))
def test_dense_regions_equal_the_twin(seed: int, n: int, features: int, least: int) -> None:
    points = np.random.default_rng(seed).integers(0, 12, size=(n, features)) / 4.0
    counts, regions, waiting = (np.zeros(n + 1, np.int64) for _ in range(3))
    count_near(points, 0.5, counts)
    found = join_dense(points, 0.5, counts, least, regions, waiting)
    members = [set(np.flatnonzero(regions[:n] == number).tolist()) for number in range(found)]
    assert members == naive_answers.regions(points, 0.5, least)
    assert (regions[:n][counts[:n] < least] == NONE).all()


def crowds(n: int = 2000, seed: int = 0) -> np.ndarray:
    """(n, 2): two crowds, one of six in ten, one of three, and one record in ten anywhere."""
    rng = np.random.default_rng(seed)
    kind = rng.choice(3, size=n, p=[0.6, 0.3, 0.1])
    centres = np.array([[0.0, 0.0], [10.0, 300.0], [0.0, 0.0]])
    widths = np.array([[0.5, 10.0], [0.5, 10.0], [20.0, 600.0]])
    return centres[kind] + rng.uniform(-1, 1, size=(n, 2)) * widths[kind]


@pytest.mark.usefixtures("compiled")
def test_hotspots_are_where_the_crowds_are() -> None:
    used = RandomCutForest(n_trees=20)
    used.learn_many(crowds())
    found = used.hotspots(min_points=30, window=0.1)
    assert len(found) == 2
    first, second = found
    assert first.density > second.density
    assert (first.share, second.share) == (
        pytest.approx(0.6, abs=0.05),
        pytest.approx(0.3, abs=0.05),
    )
    assert -1.5 < first.lower[0] < first.upper[0] < 1.5
    assert 280 < second.lower[1] < second.upper[1] < 320
    assert used.hotspots(min_points=30, window=0.1, max_regions=1) == found[:1]
    assert used.hotspots(min_points=10_000) == []


@pytest.mark.usefixtures("compiled")
def test_hotspots_and_density_are_those_of_any_units() -> None:
    used, other = RandomCutForest(n_trees=20), RandomCutForest(n_trees=20)
    used.learn_many(crowds())
    other.learn_many(crowds())
    scaled = RandomCutForest(n_trees=20)
    scaled.learn_many(crowds() * 1024.0)
    assert used.hotspots() == other.hotspots()
    for mine, theirs in zip(used.hotspots(), scaled.hotspots(), strict=True):
        assert (mine.points, mine.share, mine.density) == (
            theirs.points,
            theirs.share,
            theirs.density,
        )
        assert {k: v * 1024.0 for k, v in mine.lower.items()} == theirs.lower
    assert used.density_one({0: 0.0, 1: 0.0}) == scaled.density_one({0: 0.0, 1: 0.0})


@pytest.mark.usefixtures("compiled")
def test_density_is_highest_in_a_crowd() -> None:
    used = RandomCutForest(n_trees=20)
    used.learn_many(crowds())
    crowd, other, empty = ({0: 0.0, 1: 0.0}, {0: 10.0, 1: 300.0}, {0: 500.0, 1: 9000.0})
    assert (
        used.density_one(crowd, 0.1)
        > used.density_one(other, 0.1)
        > 5 * used.density_one({0: 5.0, 1: 100.0}, 0.1)
    )
    assert used.density_one(empty) == 0.0
    # All of the sample is within a window that holds it all.
    assert used.density_one(crowd, 1e6) == pytest.approx(1 / 4e12)


def test_hotspots_of_equal_records() -> None:
    used = forest(np.full((60, 2), 3.0), shingle_size=1)
    (only,) = used.hotspots(min_points=5)
    assert (only.lower, only.upper, only.share) == ({0: 3.0, 1: 3.0}, {0: 3.0, 1: 3.0}, 1.0)
    assert np.isfinite(only.density)


@examples(40)
@given(st.integers(3, 150), st.integers(1, 9))
def test_neighbours_are_the_nearest_of_all_that_trees_hold(n: int, k: int) -> None:
    rows = cycle(n)
    used = forest(rows)
    held = {s.seq: s.x.astype(np.float64) for _, root in trees_of(used) for s in samples_of(root)}
    x = np.concatenate([rows[-2:].ravel(), [1.0, -1.0]]).astype(np.float32)
    wanted = sorted((float(np.abs(y - x).sum()), -seq) for seq, y in held.items())[:k]
    found = used.neighbours_one({0: 1.0, 1: -1.0}, k)
    assert [-near.number for near in found] == [number for _, number in wanted]
    distances = [near.distance for near in found]
    assert distances == pytest.approx([distance for distance, _ in wanted])
    for near in found:
        assert near.age == n - 2 - near.number
        learned = rows[near.number : near.number + 3].astype(np.float32)
        assert [list(record.values()) for record in near.records] == learned.tolist()


def test_before_anything_is_sampled_nothing_is_found() -> None:
    assert forest().neighbours_one({0: 1.0}) == []
    assert forest().hotspots() == []
    assert forest().density_one({0: 1.0}) == 0.0
    young = forest(cycle(2))
    assert young.neighbours_one({0: 1.0, 1: 1.0}) == []
    assert young.hotspots() == []
    assert young.density_one({0: 1.0, 1: 1.0}) == 0.0


def test_what_is_asked_for_must_make_sense() -> None:
    used = forest(cycle(9))
    for asked, sentence in [
        (lambda: used.neighbours_one({}, 0), "'k' of the neighbours must be at least 1, got 0"),
        (lambda: used.hotspots(min_points=0), "'min_points' of the hotspots must be at least 1"),
        (lambda: used.hotspots(max_regions=0), "'max_regions' of the hotspots must be at least 1"),
        (lambda: used.hotspots(window=0.0), "'window' of the hotspots must be above 0"),
        (lambda: used.density_one({}, np.nan), "'window' of the density must be above 0"),
    ]:
        with pytest.raises(InvalidParameter, match=sentence):
            asked()
