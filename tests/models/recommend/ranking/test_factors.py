import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from models.recommend.kernels.factors import FURTHEST, step_pair
from models.recommend.ranking.factors import Factors
from models.recommend.records import Interaction
from models.recommend.store.store import Limits, Store
from tests import naive_recommend as naive
from tests.models.conftest import COMPILED
from tests.models.recommend.ranking.lives import Life, seeded, streams


@settings(deadline=None)
@given(st.integers(0, 2**32), st.floats(0.001, 1.0), st.floats(0.0, 1.0))
def test_step_twin(seed: int, rate: float, regularisation: float) -> None:
    store = Store(Limits(8, 10, 10, None, None))
    factors = Factors(store, 5, 3, rate, regularisation, 1)
    store.users.admit(("u",), 0)
    store.items.admit(("a", "b"), 0)
    f = factors.arrays
    rng = np.random.default_rng(seed)
    f.users[0, :5], f.items[:2, :5] = rng.normal(size=5), rng.normal(size=(2, 5))
    f.biases[:2] = rng.normal(size=2)
    user, item, other, biases = naive.step_pair(
        f.users[0].tolist(), f.items[0].tolist(), f.items[1].tolist(),
        (float(f.biases[0]), float(f.biases[1])), rate, regularisation,
    )  # fmt: skip
    step_pair(f, 0, 0, 1, rate)
    for got, want in ((f.users[0], user), (f.items[0], item), (f.items[1], other)):
        np.testing.assert_allclose(got, want, atol=1e-5)
    np.testing.assert_allclose(f.biases[:2], biases, atol=1e-5)


@settings(max_examples=20 if COMPILED else 3, deadline=None)
@given(streams())
def test_whatever_comes_stays_finite(stream: list[Interaction]) -> None:
    life = Life()
    ranks = life.learn(stream)
    f, n, t = life.hybrid.factors.arrays, life.hybrid.cooccurrence.arrays, life.hybrid.trending
    for array in (f.users, f.items, f.biases):
        assert np.all(np.abs(array) <= FURTHEST)
    for array in (n.together, n.totals, t.arrays.counts, life.hybrid.blend.weights()):
        assert np.all(np.isfinite(array))
        assert np.all(array >= 0.0)
    assert np.all(ranks >= 1.0)


def test_what_users_take_is_told_from_what_they_leave() -> None:
    rng = np.random.default_rng(3)
    life = Life(("factors",))
    stream = [
        Interaction(f"u{u}", f"i{u % 2}{rng.integers(20)}", 0, 1.0, float(n))
        for n, u in enumerate(rng.integers(0, 40, 6_000))
    ]
    life.learn(stream)
    f = life.hybrid.factors.arrays
    score = f.users @ f.items.T + f.biases
    mine = theirs = 0.0
    for user in range(40):
        row = life.store.users.row(f"u{user}")
        for kind in range(2):
            items = [life.store.items.row(f"i{kind}{k}") for k in range(20)]
            if kind == user % 2:
                mine += score[row, items].mean()
            else:
                theirs += score[row, items].mean()
    assert mine - theirs > 40 * 0.5


def test_models_that_are_off_keep_nothing() -> None:
    life = Life(("trending",))
    life.learn(seeded(50, 10))
    assert life.hybrid.factors.arrays.items.shape[1] == 0
    assert life.hybrid.cooccurrence.arrays.items.shape[1] == 0
