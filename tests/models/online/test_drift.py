"""A model whose error rises for good is reported, begun anew, or replaced; one that fails does no harm."""

from __future__ import annotations

import math
import random
from typing import Any

import pytest

from models.errors import InvalidParameter
from models.online.config import DriftConfig, PredictorConfig
from models.online.contender import PATIENCE
from models.online.predictor import Predictor
from models.online.records import Drift
from models.online.watch import Watch
from tests.models.online.streams import turning, values

NB = {"GaussianNB": {}}


def drifts(policy: str, detector: str = "adwin", **changes: Any) -> tuple[list[Drift], Predictor]:
    config = PredictorConfig(
        task="classification",
        models={"nb": NB},
        drift=DriftConfig(policy=policy, detector=detector, **changes),
        window=200,
    )
    predictor, found = Predictor(config), []
    for i, (x, y) in enumerate(turning(2000)):
        predictor.predict_one(str(i), x, float(i))
        learned = predictor.learn_one(str(i), y, float(i))
        found += learned.drifts if learned else []
    return found, predictor


@pytest.mark.parametrize(
    ("detector", "changes"),
    [("adwin", {}), ("page_hinkley", {"threshold": 20.0, "warning_threshold": 8.0})],
)
def test_reports_a_turn_and_nothing_before(detector: str, changes: dict[str, float]) -> None:
    found, predictor = drifts("none", detector, **changes)
    turns = [event for event in found if event.level == "drift"]
    assert turns
    assert all(1000 <= event.labels < 1400 for event in turns[:1])
    assert turns[0].action == "none"
    assert turns[0].detector == detector
    assert turns[0].before < 0.2 < turns[0].after
    assert predictor.measures()["nb"]["drifts"] == len(turns)


def test_what_policies_are_worth() -> None:
    accuracy = {}
    for policy in ("none", "reset", "swap"):
        _, predictor = drifts(policy)
        accuracy[policy] = predictor.measures()["nb"]["window"]["accuracy"]
    assert accuracy["reset"] > accuracy["none"] + 0.2
    assert accuracy["swap"] > accuracy["none"] + 0.2


def test_a_swap_has_been_trained_since_the_warning() -> None:
    found, predictor = drifts("swap", "page_hinkley", threshold=60.0, warning_threshold=8.0)
    levels = [(event.level, event.action) for event in found]
    assert ("warning", "train") in levels
    assert ("drift", "swap") in levels
    assert levels.index(("warning", "train")) < levels.index(("drift", "swap"))
    assert predictor.measures()["nb"]["window"]["accuracy"] > 0.8


def test_a_falling_error_is_no_drift() -> None:
    rng = random.Random(3)
    watch = Watch(DriftConfig(), regression=False)
    seen = [watch.update(float(rng.random() < (0.5 if i < 500 else 0.05))) for i in range(1500)]
    assert all(one.level is None for one in seen)


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_regression_errors_have_no_unit(scale: float) -> None:
    rng = random.Random(3)
    watch = Watch(DriftConfig(), regression=True)
    found = []
    for i in range(2000):
        error = abs(rng.gauss(0.0, 1.0 if i < 1000 else 4.0)) * scale
        if watch.update(error).level == "drift":
            found.append(i)
    assert found
    assert 1000 <= found[0] < 1100


def test_numbers_that_are_not_finite_never_leave() -> None:
    """A factorization machine of features that are not scaled overflows."""
    steps = {"FMRegressor": {"n_factors": 4}}
    config = PredictorConfig(task="regression", models={"wild": steps})
    predictor, diverged, errors = Predictor(config), [], 0
    for i, (x, y) in enumerate(values(600)):
        answer = predictor.predict_one(str(i), {k: 1e8 * v for k, v in x.items()}, 0.0).answer
        assert answer is not None
        assert answer.value is None or math.isfinite(answer.value)
        errors += answer.error is not None
        learned = predictor.learn_one(str(i), y, 0.0)
        diverged += [d for d in learned.drifts if d.level == "diverged"] if learned else []
    assert errors
    assert predictor.measures()["wild"]["errors"] >= errors
    assert diverged
    assert diverged[0].action == "reset"


def test_a_model_that_raises_leaves_the_others_alone() -> None:
    config = PredictorConfig(
        task="classification", models={"good": NB, "bad": {"MultinomialNB": {}}}
    )
    predictor = Predictor(config)
    for i, (x, y) in enumerate(turning(100)):
        said = predictor.predict_one(str(i), x, 0.0)
        assert said.answers["good"].error is None
        predictor.learn_one(str(i), y, 0.0)
    assert predictor.measures()["bad"]["errors"] > 0
    assert predictor.measures()["good"]["errors"] == 0


def test_a_model_that_cannot_learn_is_told_of() -> None:
    """GaussianNB answers events with a text, and fails on every label."""
    predictor = Predictor(PredictorConfig(task="classification", models={"nb": NB}))
    predictor.predict_one("first", {"a": 1.0}, 0.0)
    predictor.learn_one("first", True, 0.0)
    drifts = []
    for i in range(PATIENCE):
        said = predictor.predict_one(str(i), {"word": "x"}, 0.0)
        assert said.answers["nb"].error is None
        learned = predictor.learn_one(str(i), True, 0.0)
        drifts += learned.drifts if learned else []
    assert [(drift.level, drift.action, drift.labels) for drift in drifts] == [
        ("diverged", "reset", 1)
    ]
    measures = predictor.measures()["nb"]
    assert (measures["learned"], measures["errors"]) == (1, PATIENCE)


def test_factorization_machines_take_whole_numbers_as_names() -> None:
    config = PredictorConfig(task="regression", models={"fm": {"FMRegressor": {"n_factors": 4}}})
    predictor = Predictor(config)
    rng = random.Random(2)
    for i in range(300):
        x = {"user": rng.randrange(1000), "item": rng.randrange(1000)}
        answer = predictor.predict_one(str(i), x, 0.0).answer
        assert answer is not None
        assert answer.error is None
        predictor.learn_one(str(i), rng.uniform(1.0, 5.0), 0.0)
    assert predictor.measures()["fm"]["window"]["mae"] < 3.0


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"detector": "none"}, "'detector' of the drift watch must be adwin, page_hinkley or None"),
        ({"policy": "panic"}, "'policy' of the drift watch must be none, reset or swap"),
        ({"delta": 0.5}, "'warning_delta' of the drift watch must be at least `delta`"),
        ({"threshold": 10.0}, "'warning_threshold' of the drift watch must be above 0 and at most"),
        ({"grace": 0}, "'grace' of the drift watch must be at least 1, got 0"),
    ],
)
def test_says_what_is_wrong_with_a_watch(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InvalidParameter, match=sentence):
        DriftConfig(**changes)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"models": {}}, "'models' of the predictor must be at least one name"),
        ({"champion": "none"}, "'champion' of the predictor must be one of nb, got 'none'"),
        ({"task": "clustering"}, "'task' of the predictor must be classification or regression"),
        ({"labels": ("a", "a")}, "'labels' of the predictor must be at least two distinct"),
        ({"missing": "guess"}, "'missing' of the predictor must be omit, skip, zero, last or mean"),
        ({"deadline": 0.0}, "'deadline' of the predictor must be above 0"),
        (
            {"models": {"nb": {"LinearRegression": {}}}},
            "'steps' of the model 'nb' must be a classifier of one class",
        ),
        ({"models": {"nb": {"StandardScaler": {}}}}, "must be a classifier of one class or number"),
        ({"models": {"nb": {"reco.BiasedMF": {}}}}, "must be a class of River"),
    ],
)
def test_says_what_is_wrong_with_a_predictor(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InvalidParameter, match=sentence):
        Predictor(PredictorConfig(**{"task": "classification", "models": {"nb": NB}, **changes}))
