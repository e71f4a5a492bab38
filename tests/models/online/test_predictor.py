"""A predictor answers at once, learns late, and is the same wherever its stream is cut."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from models.errors import CorruptState, IncompatibleState, InvalidParameter
from models.online.config import DriftConfig, PredictorConfig
from models.online.envelope import seal
from models.online.predictor import KIND, Predictor, signature
from tests.models.online.streams import binary, several, turning, values

LOGISTIC = [
    {"StandardScaler": {}},
    {"linear_model.LogisticRegression": {"optimizer": {"optim.SGD": {"lr": 0.1}}}},
]
LINEAR = [{"StandardScaler": {}}, {"LinearRegression": {"optimizer": {"SGD": {"lr": 0.05}}}}]


def config(**changes: object) -> PredictorConfig:
    return PredictorConfig(**{"task": "classification", "models": {"fast": LOGISTIC}, **changes})


def run(
    predictor: Predictor, stream: Iterator[tuple[dict, object]], delay: int = 5, start: int = 0
) -> list[object]:
    """Predict each event at its second, and learn its label `delay` seconds later."""
    said: list[object] = []
    labels = {}
    for i, (x, y) in enumerate(stream, start):
        said.append(predictor.predict_one(str(i), x, float(i)))
        labels[i] = y
        if i - delay in labels:
            said.append(predictor.learn_one(str(i - delay), labels[i - delay], float(i)))
    return said


def test_learns_what_separates_two_classes() -> None:
    predictor = Predictor(config())
    run(predictor, binary(600))
    measured = predictor.measures()["fast"]
    assert measured["role"] == "champion"
    assert measured["window"]["accuracy"] > 0.9
    assert measured["total"]["labels"] == 595


def test_learns_a_line() -> None:
    predictor = Predictor(config(task="regression", models={"line": LINEAR}))
    run(predictor, values(600))
    measured = predictor.measures()["line"]["window"]
    assert measured["mae"] < 1.0
    assert measured["r2"] > 0.8


@pytest.mark.parametrize("cut", [1, 57, 150])
def test_goes_on_after_a_cut_as_if_there_were_none(cut: int) -> None:
    models = {"fast": LOGISTIC, "tree": {"HoeffdingTreeClassifier": {"grace_period": 20}}}
    drift = DriftConfig(policy="swap", delta=0.1, warning_delta=0.3, grace=10)
    whole_config = config(models=models, drift=drift, deadline=40.0, missing="mean")
    whole, parts = Predictor(whole_config), Predictor(whole_config)
    stream = list(turning(300))
    expected, got = [], []
    for i, (x, _) in enumerate(stream):
        if i == cut:
            parts = Predictor.load(whole_config, parts.dump())
        for predictor, said in ((whole, expected), (parts, got)):
            said.append(predictor.predict_one(str(i), x, float(i)))
            if i % 3:
                said.append(predictor.learn_one(str(max(i - 30, 0)), stream[max(i - 30, 0)][1], i))
    assert got == expected
    assert parts.measures() == whole.measures()
    assert parts.counts() == whole.counts()


def test_forgets_events_without_a_label() -> None:
    predictor = Predictor(config(deadline=10.0))
    for i in range(4):
        predictor.predict_one(str(i), {"a": 1.0}, float(i))
    assert predictor.expire(12.5) == 3
    assert predictor.learn_one("0", True, 12.5) is None
    assert predictor.learn_one("3", True, 13.0) is not None
    counts = predictor.counts()
    assert (counts["expired"], counts["unknown"], counts["labelled"]) == (3, 1, 1)
    assert counts["pending"] == 0


def test_holds_no_more_events_than_it_may() -> None:
    predictor = Predictor(config(max_pending=2))
    for i in (5, 3, 4):
        predictor.predict_one(str(i), {"a": 1.0}, float(i))
    assert predictor.counts()["crowded_out"] == 1
    assert predictor.learn_one("3", True, 5.0) is None
    assert predictor.learn_one("5", True, 5.0) is not None


def test_an_event_that_comes_again_waits_with_its_new_features() -> None:
    predictor = Predictor(config(deadline=10.0))
    predictor.predict_one("a", {"a": 1.0}, 0.0)
    predictor.predict_one("a", {"a": 2.0}, 8.0)
    assert predictor.expire(11.0) == 0
    learned = predictor.learn_one("a", True, 12.0)
    assert learned is not None
    assert learned.delay == 4.0


def test_promotes_a_challenger() -> None:
    predictor = Predictor(
        config(models={"fast": LOGISTIC, "tree": {"HoeffdingTreeClassifier": {}}})
    )
    assert predictor.predict_one("1", {"a": 1.0}, 0.0).champion == "fast"
    predictor.promote("tree")
    said = predictor.predict_one("2", {"a": 1.0}, 0.0)
    assert said.champion == "tree"
    assert list(said.answers) == ["fast", "tree"]
    assert predictor.measures()["tree"]["role"] == "champion"
    with pytest.raises(InvalidParameter, match="must be one of fast, tree, got 'none'"):
        predictor.promote("none")
    assert Predictor.load(predictor.config, predictor.dump()).champion == "tree"


def test_names_two_classes_as_configured() -> None:
    predictor = Predictor(config(labels=("legit", "fraud")))
    run(predictor, ((x, "fraud" if y else "legit") for x, y in binary(200)))
    said = predictor.predict_one("next", {"a": 3.0, "b": 0.0}, 1e3).answer
    assert said is not None
    assert said.value == "fraud"
    assert said.probabilities is not None
    assert set(said.probabilities) == {"legit", "fraud"}
    with pytest.raises(InvalidParameter, match="'label' of the event must be one of"):
        predictor.learn_one("next", "other", 1e3)
    assert predictor.learn_one("next", "fraud", 1e3) is not None


def test_tells_many_classes_apart_and_meets_new_ones() -> None:
    predictor = Predictor(config(models={"nb": {"GaussianNB": {}}}))
    run(predictor, several(400))
    total = predictor.measures()["nb"]["total"]
    assert total["f1"] > 0.8
    assert "roc_auc" not in total
    assert total["log_loss"] > 0.0


def test_refuses_a_third_class_where_a_model_knows_two() -> None:
    predictor = Predictor(config())
    predictor.predict_one("1", {"a": 1.0}, 0.0)
    with pytest.raises(InvalidParameter, match="names no two, as the model 'fast' knows no more"):
        predictor.learn_one("1", "red", 1.0)
    assert predictor.learn_one("1", True, 1.0) is not None


@pytest.mark.parametrize(
    ("missing", "expected"),
    [("omit", {}), ("zero", {"b": 0.0}), ("last", {"b": 6.0}), ("mean", {"b": 4.0})],
)
def test_treats_missing_features_by_policy(missing: str, expected: dict[str, float]) -> None:
    predictor = Predictor(config(features=("a", "b"), missing=missing))
    for i, b in enumerate((2.0, 6.0)):
        predictor.predict_one(str(i), {"a": 1.0, "b": b, "c": 9.0}, 0.0)
    said = predictor.predict_one("x", {"a": 1.0, "b": float("nan")}, 1.0)
    assert said.imputed == ("b",)
    assert predictor._pending.take("x").x == {"a": 1.0, **expected}


def test_makes_no_prediction_where_the_policy_is_to_skip() -> None:
    predictor = Predictor(config(features=("a",), missing="skip"))
    assert predictor.predict_one("x", {"a": None}, 0.0).answer is None
    assert predictor.counts()["skipped"] == 1
    assert predictor.learn_one("x", True, 0.0) is None


@pytest.mark.parametrize("value", [float("inf"), 1e200, [1.0], {"a": 1}])
def test_refuses_what_is_no_feature(value: object) -> None:
    predictor = Predictor(config())
    with pytest.raises(InvalidParameter, match="'a' of the event must be"):
        predictor.predict_one("x", {"a": value}, 0.0)
    assert predictor.counts()["predicted"] == 0


def test_foreseeing_changes_nothing() -> None:
    predictor = Predictor(config(models={"fm": {"FMClassifier": {}}}))
    run(predictor, binary(50))
    before = predictor.dump()
    assert predictor.foresee({"new": "value", "a": 1.0}, 1e3).answer is not None
    assert predictor.dump() == before


def test_a_state_of_other_models_is_refused() -> None:
    state = Predictor(config()).dump()
    with pytest.raises(
        IncompatibleState, match=r"The model 'fast' of the saved state .*'GaussianNB'"
    ):
        Predictor.load(config(models={"fast": {"GaussianNB": {}}}), state)
    with pytest.raises(IncompatibleState, match="'task' of the saved state"):
        Predictor.load(config(task="regression", models={"fast": LINEAR}), state)


def test_a_challenger_joins_and_another_goes() -> None:
    tree, bayes = {"HoeffdingTreeClassifier": {}}, {"GaussianNB": {}}
    first = Predictor(config(models={"fast": LOGISTIC, "tree": tree}))
    run(first, binary(60))
    first.promote("tree")
    more = Predictor.load(
        config(models={"bayes": bayes, "fast": LOGISTIC, "tree": tree}), first.dump()
    )
    assert more.champion == "tree"
    # Events that waited had no answer of the new model: it learns them all the same.
    learned = more.learn_one("59", True, 60.0)
    assert learned is not None
    assert set(learned.errors) == {"fast", "tree"}
    run(more, binary(40), start=100)
    measures = more.measures()
    assert measures["bayes"]["learned"] == 36
    assert measures["tree"]["learned"] == 55 + 36
    less = Predictor.load(config(models={"bayes": bayes, "fast": LOGISTIC}), more.dump())
    assert less.champion == "bayes"
    assert less.measures()["fast"]["learned"] == 55 + 36
    assert run(less, binary(20), start=200)


def test_a_state_that_holds_something_else_is_refused() -> None:
    for content in (None, [1, 2], ["fast", [[], None], {}, {"other": []}, [], []]):
        with pytest.raises(CorruptState, match="must hold a whole predictor"):
            Predictor.load(config(), seal(KIND, signature(config()), content))
