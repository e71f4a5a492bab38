from __future__ import annotations

import numpy as np
import pytest

from models.forest.config import ForestConfig
from models.forest.contents import contents, steady


def held_by_trees(config: ForestConfig, points: int) -> np.ndarray:
    """(points,): whether any tree has a point, drawn as Efraimidis & Spirakis define it."""
    draws = np.random.default_rng(7)
    faded = config.decay * np.arange(points)
    held = np.zeros(points, np.bool_)
    for _ in range(config.n_trees):
        ranks = np.log(draws.exponential(size=points)) - faded
        held[np.argsort(ranks)[: config.sample_size]] = True
    return held


@pytest.mark.parametrize("points", [40, 300, 3_000, 12_000])
@pytest.mark.parametrize(
    ("shingle", "sample_size", "decay"),
    [(1, 256, None), (8, 128, None), (4, 64, 0.0), (3, 32, 0.1)],
)
def test_contents_are_those_of_reservoirs_that_were_drawn(
    points: int, shingle: int, sample_size: int, decay: float | None
) -> None:
    config = ForestConfig(
        n_features=1,
        shingle_size=shingle,
        n_trees=30,
        sample_size=sample_size,
        time_decay=decay,
    )
    held = held_by_trees(config, points)
    covered = np.zeros(points + shingle - 1, np.int64)
    for point in np.flatnonzero(held):
        covered[point : point + shingle] = 1
    covered[points:] = 1
    runs = np.count_nonzero(np.diff(covered, prepend=0) == 1)

    found = contents(config, points + shingle - 1)
    assert found.points == points
    assert found.samples == min(points, sample_size)
    assert found.distinct == pytest.approx(held.sum(), rel=0.04, abs=8)
    assert found.records == pytest.approx(covered.sum(), rel=0.04, abs=8)
    assert found.runs == pytest.approx(runs, rel=0.15, abs=10)


def test_before_the_first_shingle_nothing_but_records_is_held() -> None:
    config = ForestConfig(n_features=2, shingle_size=8)
    assert contents(config, 7) == (0, 0, 0, 7, 1, 0, 0, 0)
    assert contents(config, 0) == (0, 0, 0, 0, 0, 0, 0, 0)


def test_every_subtree_of_a_classic_tree_is_a_node() -> None:
    config = ForestConfig(n_features=4, bucket_size=1, sample_size=100)
    found = contents(config, 10_000)
    assert found.nodes == found.most_nodes == 99


@pytest.mark.parametrize("decay", [None, 0.02])
def test_what_is_steady_grows_no_more(decay: float | None) -> None:
    config = ForestConfig(n_features=1, shingle_size=4, time_decay=decay)
    end = steady(config)
    assert contents(config, 3 * end).records == pytest.approx(
        contents(config, end).records, rel=1e-3
    )
    assert contents(config, end // 8).records < 0.99 * contents(config, end).records


def test_a_forest_that_never_forgets_is_steady_at_some_size() -> None:
    assert steady(ForestConfig(n_features=1, time_decay=0.0)) == 25_600
