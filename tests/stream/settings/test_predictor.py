"""The settings of predictors: their faults in sentences, their defaults in the documentation."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from stream.errors import ConfigError
from stream.settings import Settings, loads
from stream.settings.predictor import PredictorSettings
from stream.settings.task import Role
from tests.stream.settings.test_documentation import paths

DOCUMENT = (Path(__file__).parents[3] / "docs" / "configuration.md").read_text()


def load(section: str) -> Settings:
    return loads(f"predictors: {{fraud: {{{section}}}}}")


def problems(section: str) -> list[str]:
    with pytest.raises(ConfigError) as error:
        load(section)
    return list(error.value.problems)


SOUND = "input: {topic: payments, label: fraud}"
TREE = "models: {tree: HoeffdingTreeClassifier}"


@pytest.mark.parametrize(
    ("section", "sentence"),
    [
        (SOUND, "predictors.fraud.models must be set, got nothing."),
        (
            f"{SOUND}, models: {{}}",
            "predictors.fraud.models must be a mapping of at least one entry",
        ),
        (
            f"{SOUND}, {TREE}, champion: bayes",
            "predictors.fraud.champion must be one of tree, got 'bayes'.",
        ),
        (
            f"{SOUND}, models: {{best: [Standardscaler]}}",
            "predictors.fraud.models.best must be models of River (steps[0] must be a class of River",
        ),
        (
            f"{SOUND}, models: {{best: LinearRegression}}",
            "predictors.fraud.models.best must be models of River (steps must be a classifier",
        ),
        (
            f"{SOUND}, models: {{best: {{LogisticRegression: {{l2: much}}}}}}",
            "steps.LogisticRegression.l2 must be a number",
        ),
        (
            f"input: {{topic: payments}}, {TREE}",
            "predictors.fraud.input.label must be set, for without labels nothing is learned",
        ),
        (
            f"input: {{topic: payments}}, labels: {{topic: verdicts}}, {TREE}",
            "predictors.fraud.labels.label must be set, for without labels nothing is learned",
        ),
        (
            f"input: {{topic: payments, label: y}}, labels: {{topic: verdicts}}, {TREE}",
            "predictors.fraud.labels.id must be set, here or in input.id, for a label names its event",
        ),
        (
            f"input: {{topic: payments, label: y, rekey: true}}, {TREE}",
            "predictors.fraud.input.rekey must be auto or false where input.key is null",
        ),
        (
            f"{SOUND}, {TREE}, drift: {{delta: 0.5}}",
            "predictors.fraud.drift.warning_delta must be at least `delta` and below 1, got 0.02.",
        ),
        (
            f"{SOUND}, {TREE}, drift: {{detector: ddm}}",
            "predictors.fraud.drift.detector must be 'adwin' or 'page_hinkley', got 'ddm'.",
        ),
        (
            f"{SOUND}, {TREE}, classes: [a]",
            "predictors.fraud.classes must be at least two distinct",
        ),
        (
            f"input: {{topic: payments, label: y, features: {{a: amount, b: y}}}}, {TREE}",
            "predictors.fraud.input.features must be without the label, which is what is to be "
            "predicted, got 'y'.",
        ),
        (
            f"input: {{topic: payments, label: y, features: [amount], categories: [zip]}}, {TREE}",
            "predictors.fraud.input.categories must be names of input.features: amount, got 'zip'.",
        ),
        (
            f"{SOUND}, models: {{plain: LogisticRegression}}, classes: [a, b, c]",
            "steps must be a classifier of 3 classes, as there are so many), got 'LogisticRegression, "
            "which knows two'.",
        ),
        (
            f"{SOUND}, {TREE}, deadline: soon",
            "predictors.fraud.deadline must be a duration such as",
        ),
        (
            f"{SOUND}, {TREE}, deadline: null",
            "predictors.fraud.deadline must be a whole number, got null",
        ),
        (
            f"{SOUND}, {TREE}, metrics: {{every: 0}}",
            "predictors.fraud.metrics.every must be at least 1, got 0.",
        ),
        (
            f"{SOUND}, {TREE}, output: {{topic: payments}}",
            "predictors.fraud.output.topic must differ from predictors.fraud.input.topic",
        ),
    ],
)
def test_a_fault_is_a_sentence(section: str, sentence: str) -> None:
    assert any(sentence in problem for problem in problems(section)), problems(section)


def test_a_model_that_is_wrong_is_told_once() -> None:
    (problem,) = problems(f"{SOUND}, models: {{best: Foo}}")
    assert problem.startswith("predictors.fraud.models.best must be models of River")


def test_a_predictor_alone_is_a_configuration() -> None:
    settings = load(f"{SOUND}, {TREE}")
    assert [task.path for task in settings.tasks] == ["predictors.fraud"]
    assert settings.predictors["fraud"].config().first_champion == "tree"
    assert not settings.predictors["fraud"].sequences


def test_a_topic_of_labels_makes_one_log_of_both() -> None:
    section = f"input: {{topic: payments, id: nr, label: y, partitions: 3}}, labels: {{topic: verdicts}}, {TREE}"
    chosen = load(section).predictors["fraud"]
    assert chosen.log_topic == "cutstream.fraud.sequenced"
    copied = {use.role: use.copies_of for use in chosen.uses() if use.copies_of}
    both = frozenset({"payments", "verdicts"})
    assert copied == {Role.SEQUENCED: both, Role.DEAD_LETTERS: both}
    partitions = {role: spec.partitions for role, spec in chosen.topics.items()}
    assert partitions.pop(Role.LABELS) == 1
    assert set(partitions.values()) == {3}


def test_two_tasks_have_two_names() -> None:
    with pytest.raises(ConfigError, match=r"predictors\.water must have another name"):
        loads(
            """
            detectors: {water: {input: {topic: water, features: [flow]}}}
            predictors: {water: {input: {topic: w, label: y}, models: {a: GaussianNB}}}
            """
        )


def test_every_setting_has_its_row() -> None:
    for path in paths(PredictorSettings):
        assert f"| `{path}` |" in DOCUMENT


def test_the_defaults_are_the_defaults() -> None:
    (whole,) = re.findall(r"```yaml\n(predictors:\n  fraud:\n.*?)```", DOCUMENT, re.DOTALL)
    assert loads(whole) == load(f"{SOUND}, {TREE}")
