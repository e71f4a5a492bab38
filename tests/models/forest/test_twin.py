"""Every kernel against its naive twin, after random lives of several forests in one arena."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.forest import ForestArena, ForestConfig
from models.forest.kernels.attribution import attribute, attribute_in_tree
from models.forest.kernels.displacement import displacement, displacement_in_tree
from models.forest.kernels.neighbours import expected_newest, near_neighbour
from models.forest.kernels.randomness import bits, mix, priority, tree_seed, uniform
from models.forest.kernels.score import score, score_in_tree
from models.forest.kernels.walks import walk_trees
from tests import naive
from tests.models.forest.invariants import check_invariants, outline, pointers
from tests.models.forest.lives import live, seed_of
from tests.strategies import forest_configs, operations, records

words = st.integers(0, 2**64 - 1)


@given(words, st.integers(0, 2**50), st.integers(0, 2**21))
def test_random_bits_equal_the_twin(seed: int, seq: int, purpose: int) -> None:
    seed64 = np.uint64(seed)
    assert int(mix(seed64)) == naive.mix(seed)
    assert int(tree_seed(seed64, purpose)) == naive.tree_seed(seed, purpose)
    assert int(bits(seed64, seq, purpose)) == naive.bits(seed, seq, purpose)
    assert uniform(seed64) == naive.uniform(seed)


@given(words, st.integers(0, 2**30), st.sampled_from([0.0, 0.1 / 256, 0.5]))
def test_priorities_follow_the_formula(seed: int, seq: int, decay: float) -> None:
    """The table is coarser only for the few points that are the first to go anyway."""
    units = round(decay * 2**32)
    got = (int(priority(np.uint64(seed), seq, units)) + units * seq) / 2**32
    u = naive.uniform(naive.bits(seed, seq, 0))
    tolerance = 2e-5 if u < 0.9 else 1e-3 if u < 0.99 else 1.0
    assert got == pytest.approx(naive.priority(seed, seq, 0.0), abs=tolerance)


@settings(max_examples=100)
@given(st.data())
def test_trees_equal_the_twin(data: st.DataObject) -> None:
    config = data.draw(forest_configs())
    life = data.draw(operations(config.n_features))
    arena, slots, pushed = live(config, life)
    for key, slot in slots.items():
        check_invariants(arena, slot, pushed[key])
        twin = naive.Forest(
            config.n_trees,
            config.sample_size,
            config.shingle_size,
            seed_of(key),
            lambda seed, seq: int(priority(np.uint64(seed), seq, arena.forests.decay)),
        )
        for record in pushed[key]:
            twin.learn(record)
        for tree, root in enumerate(twin.trees):
            assert outline(pointers(arena, slot, tree)) == outline(root)


@settings(max_examples=100)
@given(st.data())
def test_verdicts_equal_the_twin(data: st.DataObject) -> None:
    config = data.draw(forest_configs())
    learned = data.draw(records(config.n_features))
    arena, slot = grown(config, learned)
    if arena.forests.slots[slot]["seq"] == 0:
        return
    trees = [pointers(arena, slot, tree) for tree in range(config.n_trees)]
    for x in queries(data, config, learned):
        compare_verdicts(arena, slot, trees, x)
        compare_neighbours(data, arena, slot, trees, x)


def grown(config: ForestConfig, learned: np.ndarray) -> tuple[ForestArena, int]:
    arena = ForestArena(config)
    slot = arena.open_slot(seed_of(0))
    arena.score_and_learn(np.full(len(learned), slot), learned, 0)
    return arena, slot


def queries(data: st.DataObject, config: ForestConfig, learned: np.ndarray) -> list[np.ndarray]:
    """A learned point, which some trees hold and some have forgotten, and a drawn one."""
    first = data.draw(st.integers(0, len(learned) - config.shingle_size))
    seen = learned[first : first + config.shingle_size].ravel()
    drawn = data.draw(records(config.dimensions, max_size=2))
    return [seen + np.float32(0), *(drawn + np.float32(0))]


def compare_verdicts(arena: ForestArena, slot: int, trees: list[naive.Node], x: np.ndarray) -> None:
    f, dims = arena.forests, len(x)
    total = np.zeros(2)
    shares, all_shares = np.zeros((2, dims)), np.zeros((2, dims))
    walk_trees(f, slot, x, 0)
    for tree, root in enumerate(trees):
        scored = score_in_tree(f, slot, tree, x, 0)
        assert scored == pytest.approx(naive.score(root, x), rel=1e-6)
        assert scored <= np.log2(naive.mass(root) + 1) + 1e-9
        displaced = displacement_in_tree(f, slot, tree, x, 0)
        assert displaced == pytest.approx(naive.displacement(root, x), rel=1e-5)
        attribute_in_tree(f, slot, tree, x, 0, shares)
        expected = naive.attribute(root, x)
        assert shares == pytest.approx(expected, rel=1e-5, abs=1e-6)
        assert shares.sum() == pytest.approx(scored, rel=1e-5)
        assert (shares >= 0).all()
        total += scored, displaced
        all_shares += expected
    assert score(f, slot, x, 0) == pytest.approx(total[0] / len(trees), rel=1e-9)
    assert displacement(f, slot, x, 0) == pytest.approx(total[1] / len(trees), rel=1e-9)
    attribute(f, slot, x, 0, shares)
    assert shares == pytest.approx(all_shares / len(trees), rel=1e-5, abs=1e-6)


def compare_neighbours(
    data: st.DataObject, arena: ForestArena, slot: int, trees: list[naive.Node], x: np.ndarray
) -> None:
    f, config = arena.forests, arena.config
    missing = np.array(data.draw(st.lists(st.booleans(), min_size=len(x), max_size=len(x))))
    found = []
    for tree, root in enumerate(trees):
        y = near_neighbour(f, slot, tree, x, 0, missing)
        neighbour = f.records[y : y + len(x)]
        near = naive.near_neighbours(root, x, missing)
        assert any(np.array_equal(neighbour, sample.x) for sample in near)
        found.append(neighbour[-config.n_features :].astype(np.float64))
    expected, lower, upper = (np.zeros(config.n_features) for _ in range(3))
    expected_newest(f, slot, x, 0, missing, expected, lower, upper)
    last = len(trees) - 1
    assert np.array_equal(expected, np.median(found, axis=0))
    assert np.array_equal(lower, np.sort(found, axis=0)[last // 10])
    assert np.array_equal(upper, np.sort(found, axis=0)[last - last // 10])
