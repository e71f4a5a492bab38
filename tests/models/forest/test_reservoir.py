"""Which points a reservoir keeps. Seeds are fixed; a p-value below 1e-4 fails."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from models.forest import ForestArena, ForestConfig
from models.forest.kernels.batch import NO_SCORE
from models.forest.kernels.randomness import priority, tree_seed
from tests import naive
from tests.models.forest.invariants import outline, place, pointers, size

pytestmark = pytest.mark.usefixtures("compiled")

SIGNIFICANT = 1e-4


def held(n_points: int, sample_size: int, decay: float, seed: int = 9) -> np.ndarray:
    """(trees, sample_size) sequence numbers in the reservoirs of 1,000 trees after `n_points`."""
    config = ForestConfig(n_features=1, n_trees=1000, sample_size=sample_size, time_decay=decay)
    arena = ForestArena(config)
    slot = arena.open_slot(seed)
    rows = np.zeros((n_points, 1), np.float32)
    arena.score_and_learn(np.full(n_points, slot), rows, NO_SCORE)
    f = arena.forests
    bases = [place(arena, slot, tree) for tree in range(config.n_trees)]
    ids = np.array([f.samples[base : base + sample_size] for base in bases], np.int64)
    return f.sequence[int(f.slots[slot]["point_start"]) + ids]


def test_without_decay_every_point_is_as_likely_as_any_other() -> None:
    """1,000 reservoirs of 20 of 200 points: would find ten points that are kept 1.3 times as often."""
    counts = np.bincount(held(200, 20, 0.0).ravel(), minlength=200)
    # A reservoir holds a point once, so counts vary by (1 - 20/200) less than a multinomial's.
    statistic = np.sum((counts - 100.0) ** 2 / 100.0) / (1 - 20 / 200)
    assert stats.chi2.sf(statistic, 199) > SIGNIFICANT
    assert stats.chi2.cdf(statistic, 199) > SIGNIFICANT


def test_with_decay_a_point_is_the_less_likely_the_older_it_is() -> None:
    """Weighted sampling without replacement: compared with one that sorts exponential ranks.

    1,000 reservoirs of 20 of 300 points: would find a decay that is a tenth off.
    """
    rng = np.random.default_rng(4)
    weights = np.exp(0.01 * np.arange(300))
    ranks = rng.exponential(size=(20_000, 300)) / weights
    often = np.bincount(np.argsort(ranks, axis=1)[:, :20].ravel(), minlength=300) / 20
    counts = np.bincount(held(300, 20, 0.01).ravel(), minlength=300)
    groups = np.arange(300) // 15
    got, expected = np.bincount(groups, counts), np.bincount(groups, often)
    assert stats.chisquare(got, expected * got.sum() / expected.sum()).pvalue > SIGNIFICANT


def test_a_newcomer_enters_a_small_reservoir_of_a_long_stream_by_weight() -> None:
    """With reservoirs of one point among many, inclusion is e**(-decay * age), normalised, exactly."""
    # The least reservoir holds two; the smaller of its two priorities is the one that a single place would keep.
    sequences, decay = held(400, 2, 0.02), round(0.02 * 2**32)
    ages = []
    for tree, pair in enumerate(sequences):
        seed = np.uint64(tree_seed(np.uint64(9), tree))
        ages.append(399 - min(pair, key=lambda seq: int(priority(seed, int(seq), decay))))
    edges = np.array([0, 5, 12, 20, 30, 42, 60, 90, 400])
    mass = np.exp(-0.02 * edges[:-1]) - np.exp(-0.02 * edges[1:])
    counts = np.histogram(ages, edges)[0]
    assert stats.chisquare(counts, mass / mass.sum() * counts.sum()).pvalue > SIGNIFICANT


def test_priorities_are_logarithms_of_exponentials() -> None:
    """20,000 draws: would find a distribution that is 0.015 off anywhere."""
    seed = np.uint64(77)
    drawn = np.array([int(priority(seed, seq, 0)) for seq in range(20_000)]) / 2**32
    assert stats.kstest(np.exp(drawn), "expon").pvalue > SIGNIFICANT


def test_trees_of_a_forest_and_points_of_a_tree_are_independent() -> None:
    seeds = [np.uint64(tree_seed(np.uint64(5), tree)) for tree in range(60)]
    table = np.array([[int(priority(seed, seq, 0)) for seq in range(300)] for seed in seeds])
    for matrix in (table, table.T):
        correlations = np.corrcoef(stats.rankdata(matrix, axis=1))
        beside = correlations[np.triu_indices(len(matrix), 1)]
        z = beside * np.sqrt(matrix.shape[1] - 1)
        assert np.abs(z).max() < 5.5
        assert abs(z.var() - 1) < 0.1


@pytest.mark.parametrize("start", [2**40, 2**32 - 40, 3 * 2**32 - 150])
def test_reservoirs_go_on_where_priorities_no_longer_fit_64_bits(start: int) -> None:
    """At a decay of 1/2 per point, priorities wrap around at point 2**32."""
    config = ForestConfig(n_features=1, n_trees=20, sample_size=8, time_decay=0.5)
    arena = ForestArena(config)
    slot = arena.open_slot(3)
    arena.forests.slots[slot]["seq"] = start
    rows = np.random.default_rng(0).normal(size=(300, 1)).astype(np.float32)
    arena.score_and_learn(np.full(300, slot), rows, NO_SCORE)
    f = arena.forests
    for tree in range(config.n_trees):
        base = place(arena, slot, tree)
        ids = f.samples[base : base + size(arena, slot, tree)].astype(np.int64)
        ages = start + 299 - f.sequence[int(f.slots[slot]["point_start"]) + ids]
        assert len(ages) == 8
        assert 0 <= ages.min() < 20
        assert ages.max() < 80


def test_late_sequence_numbers_are_like_early_ones() -> None:
    config = ForestConfig(n_features=1, n_trees=5, sample_size=16)
    arena = ForestArena(config)
    slot = arena.open_slot(3)
    rows = np.random.default_rng(0).normal(size=(200, 1)).astype(np.float32)
    twin = naive.Forest(5, 16, 1, 3, lambda s, seq: int(priority(np.uint64(s), seq, f.decay)))
    arena.forests.slots[slot]["seq"] = twin.seq = 2**41
    arena.score_and_learn(np.full(200, slot), rows, NO_SCORE)
    f = arena.forests
    for record in rows:
        twin.learn(record)
    for tree, root in enumerate(twin.trees):
        assert outline(pointers(arena, slot, tree)) == outline(root)
