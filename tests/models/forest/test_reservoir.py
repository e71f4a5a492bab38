"""Which points a reservoir keeps: by exact laws of weighted sampling without replacement.

Each test says which other law it would find and how likely, and is held to that by `power`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import pytest
from scipy import stats

from models.forest import ForestArena, ForestConfig
from models.forest.changes import change_decay, unlearn, weigh_next
from models.forest.kernels.randomness import priority, tree_seed
from tests.models.forest.invariants import numbers
from tests.models.forest.law import SIGNIFICANT, Law, inclusion, p_value, power
from tests.models.forest.lives import learn, learn_paused

pytestmark = pytest.mark.usefixtures("compiled")

POINTS, CAPACITY, TREES, FORESTS = 120, 12, 1000, 16
DECAY = 0.02
AGES = np.arange(POINTS)
ROWS = AGES[:, None].astype(np.float32)
GONE = np.arange(3, 40, 7)


def plainly(arena: ForestArena) -> None:
    learn(arena, 0, ROWS)


def with_weights(arena: ForestArena) -> None:
    """Every fifth point counts three times."""
    for i in range(0, POINTS, 5):
        weigh_next(arena, 0, 3.0)
        learn(arena, 0, ROWS[i : i + 5])


def with_changed_decay(arena: ForestArena) -> None:
    """The later half fades three times as fast."""
    learn(arena, 0, ROWS[:60])
    change_decay(arena, 0, 3 * DECAY)
    learn(arena, 0, ROWS[60:])


def with_a_pause(arena: ForestArena) -> None:
    """Points 40 to 69 come while learning is paused."""
    learn(arena, 0, ROWS[:40])
    learn_paused(arena, 0, ROWS[40:70], DECAY)
    learn(arena, 0, ROWS[70:])


def with_unlearning(arena: ForestArena) -> None:
    """Every seventh of the first 40 points is unlearned again."""
    learn(arena, 0, ROWS[:40])
    for seq in GONE:
        unlearn(arena, 0, int(seq))
    learn(arena, 0, ROWS[40:])


def by_age(decay: float, change: float = 1.0) -> np.ndarray:
    """Weights that fade by `decay` a point, and by `change` times that from point 60 on."""
    return np.exp(decay * (np.minimum(AGES, 60) + change * np.maximum(AGES - 60, 0)))


def but_some(weights: np.ndarray, chosen: np.ndarray, factor: float) -> np.ndarray:
    weights = weights.copy()
    weights[chosen] *= factor
    return weights


def paused(share: float) -> np.ndarray:
    """No weight for points 40 to 69, and `share` of their fading."""
    faded = np.where(AGES < 40, AGES, np.maximum(AGES - 30 * (1 - share), 40))
    return but_some(np.exp(DECAY * faded), np.arange(40, 70), 0.0)


class Life(NamedTuple):
    """What happens to a forest, the weights that its points must have, and others that are to be told from them."""

    happen: Callable[[ForestArena], None]
    decay: float
    weights: np.ndarray
    others: np.ndarray


FIFTHS = np.arange(0, POINTS, 5)
LIVES = {
    "all points alike": Life(plainly, 0.0, by_age(0.0), by_age(0.0025)),
    "by age": Life(plainly, DECAY, by_age(DECAY), by_age(0.88 * DECAY)),
    "weighted": Life(
        with_weights,
        DECAY,
        but_some(by_age(DECAY), FIFTHS, 3.0),
        but_some(by_age(DECAY), FIFTHS, 2.5),
    ),
    "changed decay": Life(with_changed_decay, DECAY, by_age(DECAY, 3.0), by_age(DECAY, 2.7)),
    "paused": Life(with_a_pause, DECAY, paused(0.0), paused(0.3)),
    "unlearned": Life(
        with_unlearning,
        DECAY,
        but_some(by_age(DECAY), GONE, 0.0),
        but_some(by_age(0.88 * DECAY), GONE, 0.0),
    ),
}


@pytest.mark.parametrize("life", LIVES.values(), ids=LIVES)
def test_points_are_kept_by_their_weights(life: Life) -> None:
    """One sample each of 16,000 reservoirs of 12 out of 120 points.

    Finds, 99 times in 100: an eighth of the usual decay where there should be none, a decay that is 12 % slower (also
    after unlearning), a weight of 2.5 in place of 3, a changed decay that is a tenth too small, three tenths of the
    fading that a pause should stop.
    """
    law, other = (picked(weights) for weights in (life.weights, life.others))
    assert power(law, other, FORESTS * TREES) > 0.99
    assert p_value(law, picks(life)) > SIGNIFICANT


def picked(weights: np.ndarray) -> Law:
    """How likely a sample of a reservoir is of each class of points."""
    law: Law = {}
    for point, share in enumerate(inclusion(weights, CAPACITY) / CAPACITY):
        if share > 0.0:
            law[label(point)] = law.get(label(point), 0.0) + float(share)
    return law


def label(point: int) -> tuple[int, bool]:
    """Ten classes of age, and in each of them every fifth point apart."""
    return point // 12, point % 5 == 0


def picks(life: Life) -> Iterator[tuple[int, bool]]:
    """Classes of samples, one of each reservoir, so that they are independent."""
    rng = np.random.default_rng(3)
    config = ForestConfig(
        n_features=1, n_trees=TREES, sample_size=CAPACITY, time_decay=life.decay, bucket_size=12
    )
    for seed in range(FORESTS):
        arena = ForestArena(config)
        arena.open_slot(seed)
        life.happen(arena)
        for tree in range(TREES):
            held = numbers(arena, 0, tree)
            assert len(set(held)) == CAPACITY
            yield label(int(rng.choice(held)))


def test_priorities_are_logarithms_of_exponentials() -> None:
    """20,000 draws in 20 classes: finds, 99 times in 100, a rate that is 7 % off."""
    seed = np.uint64(77)
    drawn = np.array([int(priority(seed, seq, 0)) for seq in range(20_000)]) / 2**32
    edges = stats.expon.ppf(np.linspace(0, 1, 21))
    law: Law = dict.fromkeys(range(20), 0.05)
    faster = dict(enumerate(np.diff(stats.expon.cdf(edges * 1.07))))
    assert power(law, faster, len(drawn)) > 0.99
    classes = np.searchsorted(edges, np.exp(drawn), side="right") - 1
    assert p_value(law, classes.tolist()) > SIGNIFICANT


def test_trees_of_a_forest_and_points_of_a_tree_are_independent() -> None:
    seeds = [np.uint64(tree_seed(np.uint64(5), tree)) for tree in range(60)]
    table = np.array([[int(priority(seed, seq, 0)) for seq in range(300)] for seed in seeds])
    for matrix in (table, table.T):
        correlations = np.corrcoef(stats.rankdata(matrix, axis=1))
        beside = correlations[np.triu_indices(len(matrix), 1)]
        z = beside * np.sqrt(matrix.shape[1] - 1)
        assert np.abs(z).max() < 5.5
        assert abs(z.var() - 1) < 0.1
