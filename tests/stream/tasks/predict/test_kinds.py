"""Numbers, many classes, categories and what is missing."""

from __future__ import annotations

from typing import Any

import pytest

from stream.tasks.predict import PredictState
from tests.stream.tasks.predict.harness import event, record, refusals, said, state


def told(ours: PredictState, offset: int, bad: object, **x: Any) -> dict[str, Any]:
    """What is said of an event that brings its label along."""
    value = {"id": offset, "site": "a", "t": offset, "bad": bad, **x}
    return said(ours.process([record(offset, value)]).outputs)[0]


def test_regression() -> None:
    ours = state(
        "task: regression", models="{line: LinearRegression, tree: HoeffdingTreeRegressor}"
    )
    ones = [told(ours, at, 2.0 * (at % 5), size=float(at % 5)) for at in range(200)]
    last = ones[-1]
    assert last["prediction"] == pytest.approx(8.0, abs=1.0)
    assert last["probabilities"] is None
    assert len(f"{last['prediction']:g}".replace(".", "")) <= 10
    (metrics, *_) = said(
        ours.process(
            [
                record(at, {"id": at, "site": "a", "t": at, "bad": 1.0, "size": 0.5})
                for at in range(200, 205)
            ]
        ).outputs,
        "metrics",
    )
    assert set(metrics["models"]["line"]["total"]) == {"labels", "mae", "rmse", "r2"}
    assert metrics["models"]["line"]["confusion"] == []


def test_many_classes() -> None:
    ours = state(models="{bayes: GaussianNB}")
    for at in range(60):
        last = told(ours, at, ("red", "green", "blue")[at % 3], size=at % 3 + at % 7 / 100)
    assert last["prediction"] == "blue"
    assert set(last["probabilities"]) == {"red", "green", "blue"}
    assert sum(last["probabilities"].values()) == pytest.approx(1.0)


def test_two_configured_classes() -> None:
    ours = state("classes: [good, bad]")
    for at in range(20):
        last = told(ours, at, ("good", "bad")[at % 2], size=float(at % 2) - 0.5)
    assert last["prediction"] == "bad"
    assert set(last["probabilities"]) == {"good", "bad"}
    bad = ours.process([record(99, {"id": 99, "site": "a", "t": 99, "bad": "ugly", "size": 1})])
    assert refusals(bad.outputs) == [
        ("bad_label", 'The label must be one of "good", "bad", got "ugly".')
    ]


def test_numbers_as_classes_are_apart_from_booleans() -> None:
    ours = state(models="{bayes: GaussianNB}")
    for at in range(20):
        last = told(ours, at, at % 2, size=at % 2 + at % 7 / 100)
    assert (last["prediction"], type(last["prediction"])) == (1, int)
    assert set(last["probabilities"]) == {"0", "1"}


def test_categories_reach_the_models_as_text() -> None:
    source = "id: id, categories: [zip]"
    ours = state(source=source, models="{tree: {HoeffdingTreeClassifier: {grace_period: 10}}}")
    for at in range(200):
        last = told(ours, at, at % 4 in (1, 2), zip=8000 + at % 4)
    assert last["prediction"] is False
    assert last["probabilities"]["false"] > 0.9


@pytest.mark.parametrize(
    ("missing", "imputed", "answers"),
    [("omit", ["b"], 2), ("zero", ["b"], 2), ("mean", ["b"], 2), ("skip", ["b"], 0)],
)
def test_missing_features(missing: str, imputed: list[str], answers: int) -> None:
    ours = state(f"missing: {missing}", source="id: id, features: [a, b]")
    (one,) = said(ours.process([event(0, 1, a=1.0)]).outputs)
    assert one["imputed"] == imputed
    assert len(one["models"]) == answers
    assert one["model"] == "plain"
    if not answers:
        assert one["prediction"] is None
        assert one["probabilities"] is None


def test_missing_features_may_be_refused() -> None:
    ours = state("missing: dead-letter", source="id: id, features: [a, b]")
    step = ours.process([event(0, 1, a=1.0)])
    assert refusals(step.outputs) == [("missing_feature", "The feature 'b' is absent or null.")]


def test_a_model_that_fails_is_kept_apart() -> None:
    ours = state(models="{bayes: GaussianNB, line: LogisticRegression}")
    one = told(ours, 0, True, colour="red")
    assert one["models"]["bayes"]["error"] is None
    assert one["models"]["line"]["error"] is not None
