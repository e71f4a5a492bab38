"""The factorisation machine against its slow twin, and River's."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.errors import InvalidParameter
from models.recommend.click.features import Features, encoded, slot_of
from models.recommend.click.machine import FactorisationMachine
from models.recommend.click.reference import RiverMachine
from models.recommend.store.checkpoint import Checkpoints
from models.recommend.store.store import Limits, Store
from tests.models.recommend.click.naive import NaiveMachine

LIMITS = Limits(1, 1, 1, None, None)
SLOTS, FACTORS = 64, 4
amounts = st.floats(-3, 3, width=32)
examples = st.lists(
    st.tuples(
        st.dictionaries(st.integers(0, SLOTS - 1), amounts, max_size=5).map(
            lambda x: list(x.items())
        ),
        st.booleans(),
    ),
    min_size=1,
    max_size=25,
)
Examples = list[tuple[list[tuple[int, float]], bool]]


def machine(**parameters: float) -> FactorisationMachine:
    return FactorisationMachine(Store(LIMITS), n_slots=SLOTS, n_factors=FACTORS, **parameters)


def padded(found: Examples) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    slots, values = np.full((len(found), 5), -1, np.int64), np.zeros((len(found), 5), np.float32)
    for row, (example, _) in enumerate(found):
        for place, (slot, x) in enumerate(example):
            slots[row, place], values[row, place] = slot, x
    return slots, values, np.array([clicked for _, clicked in found], np.float64)


@given(examples, st.sampled_from([0.0, 0.01]), st.integers(1, 10))
@settings(max_examples=60)
def test_it_learns_what_the_definition_says(
    found: Examples, regularisation: float, cut: int
) -> None:
    ours = machine(learning_rate=0.1, regularisation=regularisation)
    naive = NaiveMachine(ours.parameters[:, 2 : 2 + FACTORS], 0.1, regularisation)
    slots, values, clicks = padded(found)
    before = [
        ours.learn_encoded(slots[k : k + cut], values[k : k + cut], clicks[k : k + cut])
        for k in range(0, len(found), cut)
    ]
    expected = [naive.learn(example, clicked) for example, clicked in found]
    assert np.concatenate(before) == pytest.approx(expected, abs=1e-4)
    scores = [naive.score(example) for example, _ in found]
    assert ours.score_encoded(slots, values) == pytest.approx(scores, abs=2e-3)
    touched = {slot for example, _ in found for slot, _ in example}
    assert set(np.flatnonzero(ours.table.dirty).tolist()) == touched


def preferences(n: int) -> list[tuple[Features, bool]]:
    """Each of eight users clicks the items of their own parity, mostly: only pairs of features tell."""
    random = np.random.default_rng(8)
    found: list[tuple[Features, bool]] = []
    for _ in range(n):
        user, item = (int(each) for each in random.integers(0, 8, 2))
        likes = (user + item) % 2 == 0
        found.append(
            ({"user": user, "item": str(item)}, bool(random.random() < (0.9 if likes else 0.1)))
        )
    return found


def loss(probabilities: list[float], clicks: list[bool]) -> float:
    p = np.where(clicks, probabilities, 1.0 - np.array(probabilities))
    return float(-np.log(p).mean())


def test_it_learns_pairs_at_least_as_well_as_rivers_does() -> None:
    found = preferences(3_000)
    ours = FactorisationMachine(Store(LIMITS), n_slots=1 << 12)
    before = ours.learn_many([x for x, _ in found], [y for _, y in found]).tolist()
    river, of_river = RiverMachine(), []
    for x, y in found:
        of_river.append(river.predict_proba_one(x)[True])
        river.learn_one(x, y)
    clicks = [y for _, y in found[1_000:]]
    assert loss(before[1_000:], clicks) < 0.40
    assert loss(before[1_000:], clicks) < loss(of_river[1_000:], clicks) + 0.02


@given(examples, st.integers(0, 25))
@settings(max_examples=30)
def test_a_restored_one_goes_on_alike(found: Examples, cut: int) -> None:
    stores = [Store(LIMITS) for _ in range(3)]
    straight, before, after = (
        FactorisationMachine(store, n_slots=SLOTS, n_factors=FACTORS) for store in stores
    )
    slots, values, clicks = padded(found)
    straight.learn_encoded(slots, values, clicks)
    before.learn_encoded(slots[:cut], values[:cut], clicks[:cut])
    checkpoints = Checkpoints(stores[2], {})
    for name, data in Checkpoints(stores[1], {}).write():
        if data is not None:
            checkpoints.take(name, data)
    checkpoints.restore()
    after.learn_encoded(slots[cut:], values[cut:], clicks[cut:])
    assert np.array_equal(after.parameters, straight.parameters)
    assert np.array_equal(after.bias, straight.bias)


def test_a_checkpoint_after_the_first_holds_what_changed() -> None:
    store = Store(LIMITS)
    ours, checkpoints = FactorisationMachine(store, n_slots=1 << 16), Checkpoints(store, {})
    list(checkpoints.write())
    ours.learn_one({"user": "a"}, True)
    sizes = [len(data or b"") for name, data in checkpoints.write() if name.startswith(b"delta")]
    assert sum(sizes) < 5_000


def test_extreme_amounts_stay_finite() -> None:
    ours = machine(learning_rate=1.0)
    extremes: list[Features] = [{"a": 1e30, "b": -1e30, "c": 1.0}, {"a": -1e-30, "d": 1e300}]
    for _ in range(200):
        ours.learn_many(extremes, [True, False])
    assert np.isfinite(ours.parameters).all()
    assert np.isfinite(ours.predict_proba_many(extremes)).all()


def test_what_is_a_category_and_what_an_amount() -> None:
    n = 1 << 18
    slots, values = encoded([{"a": 1, "b": "x"}, {"a": 1.0}, {"a": "1", "c": True}, {}], n)
    assert slots[0].tolist() == [slot_of("a=1", n), slot_of("b=x", n)]
    assert slots[1].tolist() == [slot_of("a", n), -1]
    assert slots[2].tolist() == [slots[0, 0], slot_of("c=True", n)]
    assert slots[3].tolist() == [-1, -1]
    assert values.tolist() == [[1.0, 1.0], [1.0, 0.0], [1.0, 1.0], [0.0, 0.0]]


def test_slots_are_spread_evenly() -> None:
    counts = np.bincount([slot_of(f"user={k}", 256) for k in range(25_600)], minlength=256)
    # Chi-squared with 255 degrees of freedom: 331 at one in a thousand.
    assert ((counts - 100) ** 2 / 100).sum() < 331


@pytest.mark.parametrize("model", [RiverMachine, machine])
def test_amounts_must_be_finite(model: object) -> None:
    with pytest.raises(InvalidParameter, match="The 'price' of an example must be finite, got nan"):
        model().learn_one({"price": float("nan")}, True)


def test_slots_must_be_a_power_of_two() -> None:
    with pytest.raises(InvalidParameter, match="a power of two from 64, got 100"):
        FactorisationMachine(Store(LIMITS), n_slots=100)


def test_asking_rivers_changes_nothing_and_whole_numbers_are_no_amounts() -> None:
    river = RiverMachine()
    for x, y in preferences(300):
        river.learn_one(x, y)
        assert 0.0 < river.predict_proba_one(x)[True] < 1.0
    before = pickle.dumps(copy.deepcopy(river))
    river.predict_proba_one({"user": 10**9, "item": "never seen", "price": 2.5})
    assert pickle.dumps(river) == before


def test_rivers_can_be_saved() -> None:
    river = RiverMachine()
    for x, y in preferences(50):
        river.learn_one(x, y)
    again = RiverMachine.load(river.dump())
    for x, y in preferences(50):
        river.learn_one(x, y)
        again.learn_one(x, y)
    assert again.predict_proba_one({"user": 1, "item": "1"}) == river.predict_proba_one(
        {"user": 1, "item": "1"}
    )


def test_one_example_is_like_many() -> None:
    ours, other = machine(), machine()
    ours.learn_one({"a": "b"}, True)
    other.learn_many([{"a": "b"}], [True])
    proba = ours.predict_proba_one({"a": "b"})
    assert proba[True] == other.predict_proba_many([{"a": "b"}])[0] > 0.5
    assert proba[True] + proba[False] == 1.0
