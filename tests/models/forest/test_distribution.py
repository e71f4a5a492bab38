"""Trees are distributed as the papers state. Seeds are fixed, so nothing flickers: a p-value below 1e-4 fails."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from scipy import stats

from models.forest import ForestArena, ForestConfig
from models.forest.kernels.batch import NO_SCORE
from models.forest.kernels.delete import delete
from tests import naive
from tests.models.forest.invariants import place, pointers, size

pytestmark = pytest.mark.usefixtures("compiled")

SIGNIFICANT = 1e-4
TREES = 1000
POINTS = np.array([[0.0, 0.0, 5.0], [1.0, 0.5, 5.0], [4.0, 0.2, 5.0], [3.0, 2.0, 5.5], [0.5, 1, 7]])
KEPT = [3, 8, 9, 14, 21]
"""Where in the stream of the test POINTS come; all else is deleted again."""


def inserted_only() -> list[naive.Node]:
    """4,000 trees into which the points were put one by one."""
    return [root for seed in range(4) for root in trees_of(grown(POINTS, seed))]


def after_deletions() -> list[naive.Node]:
    """4,000 trees that hold the same points, after 20 others came and went in random order."""
    rng = np.random.default_rng(1)
    stream = rng.normal(size=(25, 3)) * 4
    stream[KEPT] = POINTS
    arenas = [grown(stream, seed) for seed in range(4)]
    for arena in arenas:
        for tree in range(TREES):
            forget_others(arena, tree, rng)
    return [root for arena in arenas for root in trees_of(arena)]


def grown(rows: np.ndarray, seed: int) -> ForestArena:
    arena = ForestArena(ForestConfig(n_features=3, n_trees=TREES, sample_size=len(rows)))
    slot = arena.open_slot(seed)
    arena.score_and_learn(np.full(len(rows), slot), rows.astype(np.float32), NO_SCORE)
    return arena


def forget_others(arena: ForestArena, tree: int, rng: np.random.Generator) -> None:
    f, base = arena.forests, place(arena, 0, tree)
    for _ in range(25 - len(KEPT)):
        held = f.sequence[f.samples[base : base + size(arena, 0, tree)].astype(np.int64)]
        others = np.flatnonzero(~np.isin(held, KEPT))
        delete(f, 0, tree, base, int(rng.choice(others)))


def trees_of(arena: ForestArena) -> list[naive.Node]:
    return [pointers(arena, 0, tree) for tree in range(TREES)]


@pytest.fixture(scope="module", params=[inserted_only, after_deletions])
def trees(request: pytest.FixtureRequest) -> list[naive.Node]:
    with np.errstate(over="ignore"):
        return request.param()


def test_first_cuts_fall_by_side_length(trees: list[naive.Node]) -> None:
    """Would find a dimension whose share is 0.03 off."""
    sides = np.ptp(POINTS, axis=0)
    counts = np.bincount([root.dim for root in trees], minlength=3)
    expected = sides / sides.sum() * len(trees)
    assert stats.chisquare(counts, expected).pvalue > SIGNIFICANT


def test_first_cuts_are_uniform_in_their_side(trees: list[naive.Node]) -> None:
    """Would find a distribution of cut values that is 0.06 off anywhere."""
    for dim in range(3):
        cuts = [float(root.cut) for root in trees if root.dim == dim]
        low, side = POINTS[:, dim].min(), np.ptp(POINTS[:, dim])
        assert stats.kstest(cuts, "uniform", args=(low, side)).pvalue > SIGNIFICANT


def test_whole_trees_are_as_frequent_as_those_built_at_once(trees: list[naive.Node]) -> None:
    """Would find any shape of a tree whose share is 0.03 off."""
    rng = np.random.default_rng(2)
    samples = [naive.Sample(i, x) for i, x in enumerate(POINTS)]
    at_once = Counter(shape(naive.random_cut_tree(samples, rng)) for _ in range(4000))
    grown = Counter(shape(root) for root in trees)
    usual = [tree for tree in at_once if at_once[tree] + grown[tree] >= 40]
    table = np.array([[counts[tree] for tree in usual] for counts in (at_once, grown)])
    rest = np.array([[4000], [len(trees)]]) - table.sum(axis=1, keepdims=True)
    assert len(usual) > 20
    assert stats.chi2_contingency(np.hstack([table, rest])).pvalue > SIGNIFICANT


def shape(node: naive.Node) -> object:
    """Cut dimensions and the points at the leaves."""
    if isinstance(node, naive.Leaf):
        return tuple(float(sample.x[0]) for sample in node.samples)
    return (node.dim, shape(node.left), shape(node.right))
