"""Ratings: River's own figures, from the store, and nothing added by asking."""

from __future__ import annotations

import copy
from math import inf, isfinite

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from river import optim, reco

from models.errors import InvalidParameter
from models.recommend.ratings.parameters import LARGEST, first_vector
from models.recommend.ratings.ratings import RatingModel, Ratings
from models.recommend.records import Interaction
from models.recommend.store.checkpoint import Checkpoints
from models.recommend.store.store import Limits, Store

MODELS: list[RatingModel] = ["baseline", "biased_mf", "funk_mf"]
LIMITS = Limits(10, 1_000, 1_000, None, None)
ratings = st.lists(
    st.tuples(st.integers(0, 4), st.integers(0, 5), st.integers(1, 5).map(float)), max_size=40
)
Rating = tuple[int, int, float]


class World:
    def __init__(self, model: RatingModel, rate: float = 0.025) -> None:
        self.store = Store(LIMITS)
        self.ratings = Ratings(self.store, model, n_factors=6, learning_rate=rate)
        self.store.watch()

    def learn(self, found: list[Rating]) -> World:
        for user, item, rating in found:
            event = Interaction(f"u{user}", f"i{item}", 0, rating, 0.0)
            self.ratings.learn(self.store.advance([event]))
            self.store.keep()
        return self

    def predict(self, user: str, item: str) -> float:
        return self.ratings.predict_one(self.store.users.row(user), self.store.items.row(item))


def river_model(model: RatingModel) -> reco.base.Ranker:
    sgd = optim.SGD(0.025)
    if model == "baseline":
        return reco.Baseline(optimizer=sgd, l2=0.02)
    if model == "funk_mf":
        return reco.FunkMF(6, optimizer=sgd, l2=0.02)
    return reco.BiasedMF(6, bias_optimizer=sgd, latent_optimizer=sgd, l2_bias=0.02, l2_latent=0.02)


@pytest.mark.parametrize("model", MODELS)
@given(found=ratings)
@settings(max_examples=30)
def test_it_learns_what_river_learns(model: RatingModel, found: list[Rating]) -> None:
    world, river = World(model), river_model(model)
    for user, item, rating in found:
        names = (f"u{user}", f"i{item}")
        if model != "baseline":
            # River draws first vectors in the order in which ids come.
            for latents, side, name in (
                (river.u_latents, "user", names[0]),
                (river.i_latents, "item", names[1]),
            ):
                if name not in latents:
                    latents[name] = first_vector(f"{side}:{name}", 42, 6, 0.1)
        world.learn([(user, item, rating)])
        river.learn_one(*names, rating)
        assert world.predict(*names) == pytest.approx(river.predict_one(*names), abs=1e-9)


@pytest.mark.parametrize("model", MODELS)
@given(found=ratings)
@settings(max_examples=20)
def test_asking_changes_nothing(model: RatingModel, found: list[Rating]) -> None:
    world = World(model).learn(found)
    before = copy.deepcopy([table._arrays for table in world.store.tables])
    for user in ("u0", "nobody"):
        for item in ("i0", "nothing"):
            assert isfinite(world.predict(user, item))
    after = [table._arrays for table in world.store.tables]
    for old, new in zip(before, after, strict=True):
        for name, values in old.items():
            assert np.array_equal(values, new[name], equal_nan=True)


@pytest.mark.parametrize("model", MODELS)
def test_of_the_unknown_what_is_known_answers(model: RatingModel) -> None:
    world = World(model).learn([(0, 0, 5.0), (1, 1, 1.0)] * 50)
    assert world.predict("nobody", "nothing") == pytest.approx(3.0)
    if model != "funk_mf":
        assert world.predict("nobody", "i0") > 3.2 > 2.8 > world.predict("nobody", "i1")
        assert world.predict("u0", "nothing") > 3.2 > 2.8 > world.predict("u1", "nothing")
    assert World(model).predict("nobody", "nothing") == 0.0


@pytest.mark.parametrize("model", MODELS)
@given(found=ratings, cut=st.integers(0, 40))
@settings(max_examples=20)
def test_a_restored_one_goes_on_alike(model: RatingModel, found: list[Rating], cut: int) -> None:
    straight, before, after = (
        World(model).learn(found),
        World(model).learn(found[:cut]),
        World(model),
    )
    checkpoints = Checkpoints(after.store, {})
    for name, data in Checkpoints(before.store, {}).write():
        if data is not None:
            checkpoints.take(name, data)
    checkpoints.restore()
    after.learn(found[cut:])
    for user in range(5):
        for item in range(6):
            names = (f"u{user}", f"i{item}")
            assert after.predict(*names) == straight.predict(*names)


@pytest.mark.parametrize("model", MODELS)
def test_steps_too_large_do_not_overflow(model: RatingModel) -> None:
    world = World(model, rate=5.0).learn([(k % 3, k % 4, 10.0) for k in range(300)])
    rows = np.arange(-1, 4)
    assert np.isfinite(world.ratings.predict_many(0, rows)).all()
    assert np.abs(world.ratings.predict_many(0, rows)).max() <= 6 * LARGEST**2 + 2 * LARGEST + 10


def test_a_forgotten_user_is_unknown() -> None:
    world = World("biased_mf").learn([(0, 0, 5.0), (1, 0, 1.0)])
    world.store.forget_user("u0")
    assert world.predict("u0", "i0") == world.predict("nobody", "i0")


def test_weights_of_0_are_no_ratings() -> None:
    world = World("biased_mf").learn([(0, 0, 0.0)])
    assert not world.ratings.rated(np.array([0]))[0]


def test_first_vectors_are_spread_evenly() -> None:
    drawn = np.concatenate([first_vector(str(k), 1, 40, 0.1) for k in range(500)])
    assert abs(drawn.mean()) < 0.004
    assert drawn.std() == pytest.approx(0.1, rel=0.02)
    assert np.array_equal(first_vector("7", 1, 8, 0.1), first_vector("7", 1, 40, 0.1)[:8])


def test_bad_parameters_are_refused_in_a_sentence() -> None:
    with pytest.raises(InvalidParameter, match="one of baseline, biased_mf, funk_mf, got 'svd'"):
        Ratings(Store(LIMITS), "svd")
    with pytest.raises(InvalidParameter, match="The 'weight' of a rating must be finite, got inf"):
        World("baseline").ratings.learn_one(0, 0, inf)
