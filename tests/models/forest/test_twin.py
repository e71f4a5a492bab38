"""Every kernel against its naive twin, after random lives of several forests in one arena."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.forest import ForestArena, ForestConfig
from models.forest.kernels.attribution import attribute, attribute_in_tree
from models.forest.kernels.gains import DISPLACEMENT, INVERSE_DEPTH
from models.forest.kernels.neighbours import TIE_BREAK, expected_newest, near_neighbour
from models.forest.kernels.randomness import bits, mix, priority, tree_seed, uniform
from models.forest.kernels.score import score, score_in_tree
from models.forest.kernels.walks import walk_trees
from tests import naive, naive_reservoir
from tests.models.conftest import examples
from tests.models.forest.invariants import (
    bound_of,
    check_invariants,
    outline,
    pointers,
    seed_of_tree,
)
from tests.models.forest.lives import live, records_of, twin_of
from tests.naive_reservoir import Forest
from tests.strategies import forest_configs, operations, records

words = st.integers(0, 2**64 - 1)


@given(words, st.integers(0, 2**50), st.integers(0, 2**21))
def test_random_bits_equal_the_twin(seed: int, seq: int, purpose: int) -> None:
    seed64 = np.uint64(seed)
    assert int(mix(seed64)) == naive.mix(seed)
    assert int(tree_seed(seed64, purpose)) == naive.tree_seed(seed, purpose)
    assert int(bits(seed64, seq, purpose)) == naive.bits(seed, seq, purpose)
    assert uniform(seed64) == naive.uniform(seed)


@given(words, st.integers(0, 2**63 - 1))
def test_draws_equal_the_twin(seed: int, seq: int) -> None:
    assert int(priority(np.uint64(seed), seq, 0)) == naive_reservoir.draw(seed, seq)


@given(words, st.integers(0, 2**30))
def test_draws_follow_the_formula(seed: int, seq: int) -> None:
    """The table is coarser only for the few points that are the first to go anyway."""
    u = max(naive.uniform(naive.bits(seed, seq, 0)), 2.0**-53)
    exact = naive_reservoir.log_exponential(min(u, 1 - 2.0**-12))
    tolerance = 2e-5 if u < 0.9 else 1e-3 if u < 0.99 else 1.0
    drawn = naive_reservoir.draw(seed, seq) / naive_reservoir.UNIT
    assert drawn == pytest.approx(exact, abs=tolerance)


@examples(100)
@given(st.data())
def test_trees_equal_the_twin(data: st.DataObject) -> None:
    config = data.draw(forest_configs())
    arena, slots, histories = live(config, data.draw(operations(config.n_features)))
    for key, slot in slots.items():
        check_invariants(arena, slot, records_of(config, histories[key]))
        compare_trees(arena, slot, twin_of(config, key, histories[key]))


def compare_trees(arena: ForestArena, slot: int, twin: Forest) -> None:
    for tree, root in enumerate(twin.trees):
        assert outline(pointers(arena, slot, tree)) == outline(root)
        bound = twin.reservoirs[tree].bound
        assert bound_of(arena, slot, tree) == (None if bound == math.inf else bound % 2**64)


@examples(100)
@given(st.data())
def test_verdicts_equal_the_twin(data: st.DataObject) -> None:
    config = data.draw(forest_configs())
    arena, slots, histories = live(config, data.draw(operations(config.n_features, max_keys=1)))
    for slot in slots.values():
        trees = [pointers(arena, slot, tree) for tree in range(config.n_trees)]
        learned = records_of(config, histories[0])
        if None in trees or len(learned) < config.shingle_size:
            continue
        for x in queries(data, config, learned):
            compare_verdicts(arena, slot, trees, x)
            compare_neighbours(data, arena, slot, trees, x)


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
    for tree, stored in enumerate(trees):
        root = naive.whole(stored, seed_of_tree(arena, slot, tree))
        scored = score_in_tree(f, slot, tree, x, 0, INVERSE_DEPTH)
        assert scored == pytest.approx(naive.score(root, x), rel=1e-6)
        assert scored <= np.log2(naive.mass(root) + 1) + 1e-9
        displaced = score_in_tree(f, slot, tree, x, 0, DISPLACEMENT)
        assert displaced == pytest.approx(naive.displacement(root, x), rel=1e-5)
        attribute_in_tree(f, slot, tree, x, 0, shares)
        expected = naive.attribute(root, x)
        assert shares == pytest.approx(expected, rel=1e-5, abs=1e-6)
        assert shares.sum() == pytest.approx(scored, rel=1e-5)
        assert (shares >= 0).all()
        total += scored, displaced
        all_shares += expected
    assert score(f, slot, x, 0, INVERSE_DEPTH) == pytest.approx(total[0] / len(trees), rel=1e-9)
    assert score(f, slot, x, 0, DISPLACEMENT) == pytest.approx(total[1] / len(trees), rel=1e-9)
    attribute(f, slot, x, 0, shares)
    assert shares == pytest.approx(all_shares / len(trees), rel=1e-5, abs=1e-6)


def compare_neighbours(
    data: st.DataObject, arena: ForestArena, slot: int, trees: list[naive.Node], x: np.ndarray
) -> None:
    f, config = arena.forests, arena.config
    missing = np.array(data.draw(st.lists(st.booleans(), min_size=len(x), max_size=len(x))))
    seen = int(f.slots[slot]["seen"])
    found = []
    for tree, root in enumerate(trees):
        y = near_neighbour(f, slot, tree, x, 0, missing)
        neighbour = f.records[y : y + len(x)]
        near = naive.near_candidates(root, x, missing, config.bucket_size)
        word = naive.bits(seed_of_tree(arena, slot, tree), seen, TIE_BREAK)
        assert np.array_equal(neighbour, naive.near_neighbour(near, x, missing, word).x)
        found.append(neighbour[-config.n_features :].astype(np.float64))
    expected, lower, upper = (np.zeros(config.n_features) for _ in range(3))
    expected_newest(f, slot, x, 0, missing, expected, lower, upper)
    last = len(trees) - 1
    assert np.array_equal(expected, np.median(found, axis=0))
    assert np.array_equal(lower, np.sort(found, axis=0)[last // 10])
    assert np.array_equal(upper, np.sort(found, axis=0)[last - last // 10])
