import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from models.recommend.kernels.blend import HEAVIEST, keep_best, step_weights
from models.recommend.ranking.blend import RATE, Blend
from models.recommend.ranking.scratch import new_scratch
from models.recommend.store.store import Limits, Store
from tests import naive_recommend as naive
from tests.models.recommend.ranking.lives import Life, seeded


@settings(deadline=None)
@given(st.integers(2, 40), st.integers(0, 2**32))
def test_step_twin(size: int, seed: int) -> None:
    store = Store(Limits(8, 10, 10, None, None))
    blend = Blend(store, 2, frozenset({"trending", "cooccurrence", "factors", "content"})).arrays
    s = new_scratch(10, 4, 5, 2, 8, content=False)
    s.features[:size] = np.random.default_rng(seed).normal(size=(size, s.features.shape[1]))
    weights = np.clip(blend.shared, 0.0, HEAVIEST)
    s.scores[:size] = s.features[:size] @ weights
    before, gradient = (
        blend.shared.copy(),
        np.array(naive.gradient(s.features[:size].tolist(), weights.tolist())),
    )
    step_weights(blend, s, size, 3)
    step = RATE * gradient / np.sqrt(1.0 + gradient**2)
    np.testing.assert_allclose(blend.shared, np.clip(before + step, 0.0, HEAVIEST), atol=1e-6)
    np.testing.assert_allclose(blend.own[3], step, atol=1e-6)
    assert not blend.own[:3].any()


@settings(deadline=None)
@given(st.lists(st.integers(0, 60), min_size=1, max_size=80))
def test_the_best_of_a_pool(values: list[int]) -> None:
    s = new_scratch(10, 4, 5, 2, 8, content=False)
    s.scores[: len(values)] = values
    s.features[: len(values), 0] = values
    kept = keep_best(s, len(values))
    want = [v for v in values if sum(other > v for other in values) < 40]
    if sum(other > values[0] for other in values) >= 40:
        assert kept == 0
    else:
        assert s.scores[:kept].tolist() == want
        assert s.features[:kept, 0].tolist() == want


def test_what_helps_gains_weight() -> None:
    rng = np.random.default_rng(5)
    life = Life(("trending", "cooccurrence"), neighbours=50)
    stream = seeded(1, 1)[:0]
    for session in range(1_500):
        kind = rng.integers(30)
        for item in rng.permutation(4):
            row = seeded(1, 1)[0]
            time = 1e9 + 1e4 * session
            stream.append(row._replace(user=f"s{session}", item=f"{kind}-{item}", time=time))
    first = life.hybrid.blend.weights()[1].copy()
    ranks = life.learn(stream)
    last = life.hybrid.blend.weights()[1]
    pairs = slice(3, 7)
    assert last[pairs].sum() > first[pairs].sum()
    known = np.arange(len(ranks)) % 4 > 0
    assert np.mean(ranks[3_000:][known[3_000:]] <= 3.0) > 0.95
