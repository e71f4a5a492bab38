"""Models from configuration: what may be said, and what is said of the rest."""

from __future__ import annotations

from typing import Any

import pytest
from river import compose, ensemble, linear_model, optim, preprocessing

from models.errors import InvalidParameter
from models.online.build import build
from models.online.catalogue import REFUSED

LOG = [{"StandardScaler": {}}, {"LogisticRegression": {}}]


def test_a_list_of_steps_is_a_pipeline_with_its_parameters() -> None:
    steps = [
        {"StandardScaler": {"with_std": False}},
        {"linear_model.LogisticRegression": {"optimizer": {"optim.SGD": {"lr": 0.25}}}},
    ]
    model = build(steps, 1, "the test")
    assert isinstance(model, compose.Pipeline)
    scaler, last = model.steps.values()
    assert isinstance(scaler, preprocessing.StandardScaler)
    assert scaler.with_std is False
    assert isinstance(last, linear_model.LogisticRegression)
    assert isinstance(last.optimizer, optim.SGD)
    assert last.optimizer.learning_rate == 0.25


def test_a_class_alone_is_a_step() -> None:
    assert isinstance(build("LinearRegression", 1, "the test"), linear_model.LinearRegression)
    assert isinstance(build({"LinearRegression": None}, 1, "t"), linear_model.LinearRegression)


def test_lists_of_models_hold_pipelines() -> None:
    model = build({"VotingClassifier": {"models": [LOG, {"GaussianNB": {}}]}}, 1, "the test")
    assert isinstance(model, ensemble.VotingClassifier)
    first, second = model
    assert isinstance(first, compose.Pipeline)
    assert type(second).__name__ == "GaussianNB"


def test_a_parameter_of_one_model_takes_a_pipeline() -> None:
    model = build({"OneVsRestClassifier": {"classifier": LOG}}, 1, "the test")
    assert isinstance(model.classifier, compose.Pipeline)


def test_a_union_takes_its_parts_by_place() -> None:
    union = {"TransformerUnion": [[{"Select": ["a"]}, {"StandardScaler": {}}], {"Select": ["b"]}]}
    model = build([union, {"LinearRegression": {}}], 1, "the test")
    model.learn_one({"a": 1.0, "b": 2.0}, 1.0)
    assert set(model["TransformerUnion"].transform_one({"a": 1.0, "b": 2.0})) == {"a", "b"}


def test_seeds_follow_from_the_seed_and_the_place() -> None:
    forest = {"ARFClassifier": {"n_models": 2}}
    seeds = [
        build(forest, 1, "t").seed,
        build(forest, 2, "t").seed,
        build([{"StandardScaler": {}}, forest], 1, "t")["ARFClassifier"].seed,
    ]
    assert len(set(seeds)) == 3
    assert build(forest, 1, "t").seed == seeds[0]
    assert build({"ARFClassifier": {"seed": 5}}, 1, "t").seed == 5


def test_classes_in_parameters_become_what_models_know() -> None:
    sampler = {"RandomSampler": {"classifier": LOG, "desired_dist": {"no": 0.5, "yes": 0.5}}}
    model = build(sampler, 1, "t", {"no": False, "yes": True})
    assert model.desired_dist == {False: 0.5, True: 0.5}


@pytest.mark.parametrize(
    ("steps", "sentence"),
    [
        ([], r"The 'steps' of the model 'm' must be a list of at least one step, got \[\]\."),
        (3, "The 'steps' of the model 'm' must be a class, {class: parameters} or a list"),
        ("os.system", "The 'steps' of the model 'm' must be a class of River, .* got 'os.system'"),
        ({"datasets.Phishing": {}}, "must be a class of River"),
        ({"compose.FuncTransformer": {}}, "must be another class .*it takes a function"),
        ([LOG[0], {"Logistic": {}}], r"The 'steps\[1\]' of the model 'm' must be a class of River"),
        ({"Quantile": {}}, "must be one of optim.losses.Quantile and stats.Quantile"),
        (
            {"LogisticRegression": {"learning": 1}},
            r"The 'steps.LogisticRegression.learning' of .* must be one of its parameters \(optimizer,",
        ),
        (
            {"LogisticRegression": {"l2": "much"}},
            r"LogisticRegression.l2' .* must be a number \(as 0",
        ),
        ({"LogisticRegression": {"l2": [1]}}, r"l2' .* must be a number \(as 0.0\), got \[1\]"),
        (
            {"LogisticRegression": {"optimizer": 3}},
            "optimizer' .* must be an Optimizer of River, as {class: parameters}, got 3",
        ),
        (
            {"LogisticRegression": {"optimizer": {"StandardScaler": {}}}},
            "optimizer' .* must be an Optimizer of River, .* got 'StandardScaler'",
        ),
        ({"ARFClassifier": {"n_models": 2.5}}, r"n_models' .* must be a whole number \(as 10\)"),
        (
            {"BaggingClassifier": {"model": "LinearRegression"}},
            "model' .* must be a Classifier of River, .* got 'LinearRegression'",
        ),
        (
            {"VotingClassifier": {"models": ["GaussianNB", {"GaussianNB": {}}]}},
            r"models' .* must be a list, each .* a Classifier of River, .* got \['GaussianNB',",
        ),
        (
            {"HoeffdingTreeClassifier": {"leaf_prediction": "best"}},
            r"leaf_prediction' .* must be a word that it knows \(as 'nba'\), got 'best'",
        ),
        ({"LogisticRegression": [1]}, "must be given its parameters by name"),
        ({"LogisticRegression": 1}, "must be a class, {class: parameters} or a list"),
        ({"StandardScaler": {"with_std": 1}}, "with_std' .* must be true or false, got 1"),
        ({"EpsilonGreedy": {}}, "must be given what it accepts .*'epsilon'"),
        (
            [LOG[1], LOG[1]],
            r"'steps\[0\]' .* must be a transformer or filter, .* got 'LogisticRegression'",
        ),
        (
            {"LogisticRegression": {"optimizer": {"SGD": {"rate": 1}}}},
            r"'steps.LogisticRegression.optimizer.SGD.rate'",
        ),
    ],
)
def test_says_which_step_and_parameter_is_wrong(steps: Any, sentence: str) -> None:
    with pytest.raises(InvalidParameter, match=sentence):
        build(steps, 1, "the model 'm'")


@pytest.mark.parametrize("name", [*REFUSED, "FuncTransformer"])
def test_refuses_by_name_with_the_reason(name: str) -> None:
    with pytest.raises(InvalidParameter) as caught:
        build({name: {}}, 1, "the model 'm'")
    assert any(known.endswith(name) and why in str(caught.value) for known, why in REFUSED.items())


def test_a_list_of_class_names_is_a_pipeline_and_one_name_a_model() -> None:
    models = [["StandardScaler", "LogisticRegression"], {"GaussianNB": {}}]
    voting = build({"VotingClassifier": {"models": models}}, 1, "m")
    assert [type(model).__name__ for model in voting.models] == ["Pipeline", "GaussianNB"]
    bagging = build({"BaggingClassifier": {"model": "GaussianNB", "n_models": 2}}, 1, "m")
    assert [type(model).__name__ for model in bagging.models] == ["GaussianNB"] * 2


def test_what_a_class_does_not_accept_is_told_in_the_words_of_the_configuration() -> None:
    # River's own text for a selector of two types fails.
    steps = {"TransformerUnion": [{"SelectType": ["float", "int"]}, ["plain", 3]]}
    with pytest.raises(InvalidParameter, match="must be given what it accepts"):
        build(steps, 1, "the model 'm'")
