"""One of a predictor's models, with all that is known of how it does."""

from __future__ import annotations

import math
from typing import Any

from river import base, facto, reco

from models.errors import InvalidParameter
from models.online.build import build
from models.online.config import PredictorConfig
from models.online.intake import LARGEST
from models.online.labels import Labels
from models.online.measures import Judged, Measures
from models.online.records import (
    Action,
    Answer,
    Drift,
    Feature,
    Label,
    Level,
    Model,
    Target,
)
from models.online.watch import Watch

PATIENCE = 16
"""So many answers or labels in a row that fail, and the model is begun anew: what has once become NaN stays so."""


class Contender:
    """A model, its measures, its drift watch, and the model that is trained to take its place."""

    def __init__(self, name: str, config: PredictorConfig, labels: Labels) -> None:
        self.name = name
        self._config = config
        self._labels = labels
        self.model = self._new()
        self.background: Any = None
        self.measures = Measures(config.task, config.window)
        self.watch = Watch(config.drift, config.task == "regression")
        self.last: Answer | None = None
        self.counts = dict.fromkeys(("learned", "unanswered", "errors", "warnings", "drifts"), 0)
        self._failures = 0
        self._unlearned = 0

    @property
    def multiclass(self) -> bool:
        """Whether it can tell more than two classes apart."""
        return bool(self.model._multiclass)

    def answer(self, x: dict[str, Feature]) -> Answer:
        """The model's answer; a failure is counted, and answered with the last sound answer."""
        try:
            answer = self._asked(x)
        except Exception as error:
            # River's models raise what their arithmetic raises; the other models and the stream go on.
            return self._failed(f"{type(error).__name__}: {error}".splitlines()[0])
        if answer.value is None:
            self.counts["unanswered"] += 1
        else:
            self.last = answer
            self._failures = 0
        return answer

    def learn(
        self, x: dict[str, Feature], label: Target, said: Answer | None
    ) -> tuple[float | None, list[Drift]]:
        """Judge what was said, then learn; returns the error (None where nothing was said) and what it caused."""
        drifts: list[Drift] = []
        error = None
        if said is not None and said.error is None and said.value is not None:
            error = self._error(said, label)
            self.measures.update(
                Judged(label, said.value, said.probabilities), bool(self._labels.binary)
            )
            drifts += self._watched(error)
        self._taught(x, label)
        if max(self._failures, self._unlearned) >= PATIENCE:
            drifts.append(self._begun("diverged", 0.0, 0.0))
        return error, drifts

    def measured(self) -> dict[str, Any]:
        """Its measures in total and over the newest labels, with the stream's names of classes."""
        found = self.measures.get()
        for part in found.values():
            if part is not None and "confusion" in part:
                name = self._labels.name
                part["confusion"] = [[name(t), name(a), n] for t, a, n in part["confusion"]]
        return found

    def state(self) -> list[Any]:
        """Everything, as plain values and objects of River."""
        last = None if self.last is None else tuple(self.last)
        return [
            *(self.model, self.background, self.measures.state(), self.watch.state()),
            *(last, self.counts, self._failures, self._unlearned),
        ]

    def restore(self, state: list[Any]) -> None:
        """Take the place of all that is here."""
        self.model, self.background, measures, watch, last, self.counts, *failures = state
        self._failures, self._unlearned = failures
        self.measures.restore(measures)
        self.watch.restore(watch)
        self.last = None if last is None else Answer(*last)

    def _new(self) -> Model:
        config = self._config
        owner = f"the model {self.name!r}"
        model = build(config.models[self.name], config.seed, owner, self._labels.targets())
        kind = base.Classifier if config.task == "classification" else base.Regressor
        several = (base.MultiLabelClassifier, base.MultiTargetRegressor, reco.base.Ranker)
        if not isinstance(model, kind) or isinstance(model, several):
            rule = f"a {kind.__name__.lower()} of one class or number, as the task is {config.task}"
            raise InvalidParameter("steps", owner, rule, type(_last(model)).__name__)
        if len(config.labels or ()) > 2 and not model._multiclass:
            rule = f"a classifier of {len(config.labels or ())} classes, as there are so many"
            raise InvalidParameter(
                "steps", owner, rule, f"{type(_last(model)).__name__}, which knows two"
            )
        return model

    def _asked(self, x: dict[str, Feature]) -> Answer:
        given = _features(self.model, x)
        if self._config.task == "regression":
            value = float(self.model.predict_one(given))
            if not abs(value) <= LARGEST:
                raise ArithmeticError(f"the answer must be at most {LARGEST:g}, got {value}")
            return Answer(value, None)
        probabilities = self._probabilities(given)
        derived = type(_last(self.model)).predict_one is base.Classifier.predict_one
        if derived and probabilities is not None:
            return Answer(next(iter(probabilities), None), probabilities or None)
        return Answer(_plain(self.model.predict_one(given)), probabilities or None)

    def _probabilities(self, x: dict[str, Feature]) -> dict[Label, float] | None:
        try:
            found = self.model.predict_proba_one(x)
        except NotImplementedError:
            return None
        known = {_plain(label): float(p) for label, p in (found or {}).items()}
        wrong = [p for p in known.values() if not math.isfinite(p)]
        if wrong:
            raise ArithmeticError(f"the probabilities must be finite, got {wrong[0]}")
        # Equal ones stand in an order of their own, not in that of the model's dictionaries.
        ranked = sorted(known.items(), key=lambda item: (-item[1], item[0]))
        return dict(ranked)

    def _failed(self, reason: str) -> Answer:
        self.counts["errors"] += 1
        self._failures += 1
        last = self.last
        return Answer(last.value if last else None, last.probabilities if last else None, reason)

    def _taught(self, x: dict[str, Feature], label: Target) -> None:
        if self.background is not None:
            _teach(self.background, x, label)
        if _teach(self.model, x, label):
            self.counts["learned"] += 1
            self._unlearned = 0
        else:
            self.counts["errors"] += 1
            self._unlearned += 1

    def _error(self, said: Answer, label: Target) -> float:
        if self._config.task == "regression":
            return abs(float(said.value or 0.0) - label)
        return float(said.value != label)

    def _watched(self, error: float) -> list[Drift]:
        level, before, after = self.watch.update(error)
        policy = self._config.drift.policy
        if level == "warning":
            self.counts["warnings"] += 1
            if policy == "swap":
                self.background = self._new()
            action: Action = "train" if policy == "swap" else "none"
            return [self._drift("warning", action, before, after)]
        if level == "drift":
            self.counts["drifts"] += 1
            if policy == "none":
                self.watch.begin()
                return [self._drift("drift", "none", before, after)]
            return [self._begun("drift", before, after)]
        return []

    def _begun(self, level: Level, before: float, after: float) -> Drift:
        """Another model takes over: the background's, if there is one, else a new one."""
        action: Action = "reset" if self.background is None else "swap"
        event = self._drift(level, action, before, after)
        self.model = self.background or self._new()
        self.background = None
        self.watch.begin()
        self._failures = self._unlearned = 0
        return event

    def _drift(self, level: Level, action: Action, before: float, after: float) -> Drift:
        detector = str(self._config.drift.detector)
        return Drift(self.name, level, action, detector, self.counts["learned"], before, after)


def _teach(model: Model, x: dict[str, Feature], label: Target) -> bool:
    """Let a model learn; whether it could."""
    try:
        model.learn_one(_features(model, x), label)
    except Exception:
        # As in `answer`: a model's arithmetic fails alone.
        return False
    return True


def _last(model: Model) -> Model:
    """The step of a pipeline that answers."""
    return getattr(model, "_last_step", model)


FACTORIZERS = (
    *(facto.FMClassifier, facto.FMRegressor, facto.FFMClassifier, facto.FFMRegressor),
    *(facto.FwFMClassifier, facto.FwFMRegressor, facto.HOFMClassifier, facto.HOFMRegressor),
)


def _features(model: Model, x: dict[str, Feature]) -> dict[str, Feature]:
    """A copy of the features, as some models change what they are given.

    Factorization machines take whole numbers as quantities, and with identifiers soon overflow: they get them as text.
    """
    if not isinstance(_last(model), FACTORIZERS):
        return dict(x)
    return {name: str(v) if type(v) is int else v for name, v in x.items()}


def _plain(label: Target) -> Label:
    """A label without NumPy's types."""
    return label.item() if hasattr(label, "item") else label
