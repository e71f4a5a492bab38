"""What a predictor answers, and what a label brings about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

Label = bool | int | str
"""A class."""
Feature = bool | int | float | str
"""A feature's value; strings are categories."""
Steps = Any
"""A model as a configuration holds it: see models.online.build."""
Model = Any
"""An estimator of River, which has no types that mypy would follow."""


Target = Any
"""A label as models are given it: a class or a number."""
Level = Literal["warning", "drift", "diverged"]
Action = Literal["none", "reset", "swap", "train"]


class Answer(NamedTuple):
    """What one model said of one event."""

    value: Label | float | None
    """The class, or the number (finite); None where the model has none to give yet."""
    probabilities: Mapping[Label, float] | None
    """Class -> probability in [0, 1], by descending probability; None in regression, and of models that know none."""
    error: str | None = None
    """Why the model failed, in which case the value is the last sound one that it gave, or None."""


class Prediction(NamedTuple):
    """What a predictor said of one event."""

    event: str
    time: float
    """Event time, seconds since the epoch."""
    champion: str
    answers: Mapping[str, Answer]
    """Model -> its answer, in the order of the configuration; empty where the event was skipped."""
    imputed: tuple[str, ...] = ()
    """Names of the features that were missing."""

    @property
    def answer(self) -> Answer | None:
        """The champion's; None where the event was skipped."""
        return self.answers.get(self.champion)


class Drift(NamedTuple):
    """That a model's error has risen."""

    model: str
    level: Level
    """`diverged`: the model gave nothing but errors for a while, and was begun anew."""
    action: Action
    """What was done: `train` began a model that takes over at the next drift."""
    detector: str
    labels: int
    """How many labels the model had learned."""
    before: float
    """The mean error before, as the detector sees errors (see DriftConfig)."""
    after: float
    """The mean error since."""


class Learned(NamedTuple):
    """What a label brought about."""

    event: str
    label: Label | float
    prediction: Prediction
    """What had been said when the event came."""
    delay: float
    """Seconds of event time between event and label."""
    errors: Mapping[str, float]
    """Model -> the error of its answer: 0 or 1 in classification, absolute in regression. Of models that had one."""
    drifts: tuple[Drift, ...]


def plain(prediction: Prediction) -> tuple[Any, ...]:
    """The same as built-in values only, as saved states have it."""
    answers = {name: tuple(answer) for name, answer in prediction.answers.items()}
    return (*prediction[:3], answers, prediction.imputed)


def restored(values: tuple[Any, ...]) -> Prediction:
    """What `plain` was given."""
    event, time, champion, answers, imputed = values
    named = {name: Answer(*answer) for name, answer in answers.items()}
    return Prediction(event, time, champion, named, imputed)
