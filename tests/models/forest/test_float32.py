"""Values that float32 cannot tell apart, or that sums of sides, lengths and cuts could trip over."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.forest import ForestArena, ForestConfig
from models.forest.kernels.batch import score_points
from models.forest.kernels.gains import INVERSE_DEPTH
from tests import naive
from tests.models.conftest import examples
from tests.models.forest.invariants import check_invariants, outline, pointers
from tests.naive_reservoir import UNIT, Forest

BUCKET_SIZES = [1, 2, 11]
TINY = 2.0**-149
"""The least float32 above zero, a denormal."""

TRAPS = {
    "steps that vanish beside their offset": 1e8 + np.arange(40) % 7,
    "an offset of the greatest magnitude": 1e30 + np.arange(40),
    "neighbouring numbers": np.float32(1.0) + 2.0**-23 * (np.arange(40) % 5),
    "denormals": TINY * (np.arange(40) % 6),
    "the ends of the range": np.tile([1e30, -1e30, 0.0, 1e-30, -TINY], 8),
    "each twice the one before": 2.0 ** np.linspace(-149, 99, 40).round(),
    "signed zeros": np.tile([0.0, -0.0, TINY, -TINY], 10),
    "one far from all others": np.where(np.arange(40) == 20, 1e30, np.arange(40) * 1e-30),
}


def learned(rows: np.ndarray, bucket_size: int, sample_size: int = 24) -> tuple[ForestArena, int]:
    """An arena, and the slot in it that was given these records; each was scored before."""
    config = ForestConfig(
        n_features=rows.shape[1],
        n_trees=4,
        sample_size=sample_size,
        time_decay=0.02,
        bucket_size=bucket_size,
    )
    arena = ForestArena(config)
    slot = arena.open_slot(11)
    scores = arena.score_and_learn(np.full(len(rows), slot), rows, INVERSE_DEPTH)
    assert np.isfinite(scores).all()
    assert (scores <= math.log2(sample_size + 1)).all()
    return arena, slot


def compare(rows: np.ndarray, bucket_size: int) -> None:
    """The memory is sound, and the trees are those of the twin."""
    arena, slot = learned(rows, bucket_size)
    check_invariants(arena, slot, rows)
    twin = Forest(4, 24, 1, 11, round(0.02 * UNIT), bucket_size)
    for row in rows:
        twin.learn(row)
    for tree, root in enumerate(twin.trees):
        assert outline(pointers(arena, slot, tree)) == outline(root)


@pytest.mark.parametrize("bucket_size", BUCKET_SIZES)
@pytest.mark.parametrize("trap", TRAPS.values(), ids=TRAPS)
def test_nothing_breaks(trap: np.ndarray, bucket_size: int) -> None:
    alone = trap[:, None].astype(np.float32)
    compare(alone, bucket_size)
    beside = np.stack([trap, np.arange(40) % 3, np.roll(trap, 1)], axis=1)
    compare(beside.astype(np.float32), bucket_size)


@pytest.mark.parametrize("bucket_size", BUCKET_SIZES)
@given(st.data())
@examples(40)
def test_nothing_breaks_on_any_bits(bucket_size: int, data: st.DataObject) -> None:
    """Any pattern of bits that is a number of at most 1e30."""
    value = st.floats(-(2.0**99), 2.0**99, width=32)
    row = st.tuples(value, st.sampled_from([0.0, -0.0, TINY, 1.0, 1e8, 1e8 + 8, -1e30]))
    rows = data.draw(st.lists(row, min_size=1, max_size=50))
    compare(np.array(rows, np.float32), bucket_size)


@pytest.mark.parametrize("bucket_size", BUCKET_SIZES)
def test_values_that_float32_cannot_tell_apart_are_one(bucket_size: int) -> None:
    """1e8 + 1 is 1e8: the leaf of the one is that of the other."""
    rows = np.tile([[1e8], [1e8 + 1], [1e8 + 3]], (30, 1)).astype(np.float32)
    arena, slot = learned(rows, bucket_size)
    scores, queries = np.zeros(2), np.array([1e8 + 2, 1e8 + 8], np.float32)
    score_points(arena.forests, slot, queries, INVERSE_DEPTH, scores)
    assert scores == pytest.approx([0.5, math.log2(25)])


def test_a_cut_between_neighbouring_numbers_is_the_lower_one() -> None:
    """No number lies between them, so every cut must fall on the one that goes left."""
    low = np.float32(1.0)
    high = np.nextafter(low, np.float32(2.0))
    arena, slot = learned(np.array([[low], [high]] * 20), 1)
    for tree in range(arena.config.n_trees):
        root = pointers(arena, slot, tree)
        assert isinstance(root, naive.Branch)
        assert root.cut == low


def test_the_order_of_magnitudes_does_not_matter() -> None:
    """By powers of two, trees differ in the scale of their cuts alone."""
    rows = np.random.default_rng(2).integers(-99, 99, size=(60, 2)).astype(np.float32)
    outlines = []
    for exponent in (-110, 0, 80):
        arena, slot = learned(np.ldexp(rows, exponent), 3)
        outlines.append([_scaled(pointers(arena, slot, t), 2.0**-exponent) for t in range(4)])
    assert outlines[0] == outlines[1] == outlines[2]


def _scaled(node: naive.Node | None, factor: float) -> object:
    if not isinstance(node, naive.Branch):
        return outline(node)
    sides = _scaled(node.left, factor), _scaled(node.right, factor)
    return (node.dim, float(node.cut) * factor, *sides)
