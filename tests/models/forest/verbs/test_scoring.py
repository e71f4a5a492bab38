"""Attribution of many records at once: by lag, feature and direction."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.forest import RandomCutForest
from tests.models.conftest import examples
from tests.models.forest.verbs.conftest import cycle, forest


@examples(40)
@given(st.integers(0, 99), st.integers(0, 60), st.booleans())
def test_shares_sum_to_the_scores_and_are_those_of_each(seed: int, n: int, held: bool) -> None:
    learned = cycle(n, seed=seed)
    used = forest(learned if n else None)
    asked = learned[-5:] if held else cycle(5, seed=seed + 1) * 3
    shares = used.attribute_many(asked)
    assert shares.shape == (len(asked), 3, 2, 2)
    assert (shares >= 0).all()
    assert shares.sum(axis=(1, 2, 3)) == pytest.approx(used.score_many(asked), rel=1e-5)
    for row, share in zip(asked.tolist(), shares, strict=True):
        one = used.attribute_one(dict(enumerate(row)))
        assert np.array_equal(np.array(list(one.values())), share.sum(axis=0))


def test_the_lag_the_feature_and_the_direction_are_named() -> None:
    used = RandomCutForest(n_trees=20, sample_size=64, shingle_size=3)
    used.learn_many(cycle(200))
    used.pause()
    used.learn_many([[0.0, -500.0], [0.0, 0.0]])
    (shares,) = used.attribute_many([[0.0, 0.0]])
    assert np.unravel_index(np.argmax(shares), shares.shape) == (0, 1, 0)
    assert shares[0, 1, 0] > 0.8 * shares.sum()
