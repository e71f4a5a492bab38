"""Agreement with rrcf, the didactic implementation of the papers, on one sample."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from models.forest import ForestArena, ForestConfig
from models.forest.kernels.batch import score_points
from models.forest.kernels.gains import DISPLACEMENT, NO_SCORE

with warnings.catch_warnings():
    # It imports pkg_resources, which newer versions of setuptools call deprecated.
    warnings.simplefilter("ignore")
    import rrcf

pytestmark = pytest.mark.usefixtures("compiled")

SAMPLE = np.random.default_rng(8).normal(size=(40, 2)) * [1.0, 3.0]
QUERIES = {
    "inlier": [0.1, -0.2],
    "edge": [2.2, 1.0],
    "outlier": [9.0, -20.0],
    "beyond one dimension": [0.0, 14.0],
    "equal to a point of the sample": SAMPLE[7],
}


@pytest.mark.parametrize("x", QUERIES.values(), ids=QUERIES)
def test_displacement_is_the_mean_of_rrcfs_codisp(x: np.ndarray) -> None:
    """600 trees that hold the same 40 points; rrcf inserts the query into its own and asks for its CoDisp."""
    config = ForestConfig(n_features=2, n_trees=1000, sample_size=len(SAMPLE))
    arena = ForestArena(config)
    slot = arena.open_slot(1)
    rows = SAMPLE.astype(np.float32)
    arena.score_and_learn(np.full(len(rows), slot), rows, NO_SCORE)
    ours = np.zeros(1)
    score_points(arena.forests, slot, np.array(x, np.float32), DISPLACEMENT, ours)

    rng = np.random.RandomState(5)
    theirs = []
    for _ in range(600):
        tree = rrcf.RCTree(rows.astype(np.float64), random_state=rng)
        tree.insert_point(np.array(x, np.float32).astype(np.float64), index="query")
        theirs.append(tree.codisp("query"))
        tree.forget_point("query")
    error = np.std(theirs) / np.sqrt(len(theirs))
    # Four standard errors, and as much again for the trees of ours.
    assert abs(ours[0] - np.mean(theirs)) < 4 * error * np.sqrt(1.6) + 1e-9


def test_an_outlier_is_displaced_more_than_an_inlier() -> None:
    config = ForestConfig(n_features=2, n_trees=50, sample_size=len(SAMPLE))
    arena = ForestArena(config)
    slot = arena.open_slot(1)
    arena.score_and_learn(np.full(40, slot), SAMPLE.astype(np.float32), NO_SCORE)
    scores = np.zeros(2)
    points = np.array([QUERIES["inlier"], QUERIES["outlier"]], np.float32).ravel()
    score_points(arena.forests, slot, points, DISPLACEMENT, scores)
    assert scores[1] > 5 * scores[0]
