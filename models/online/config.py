"""What makes one predictor: its models, its champion, and how long it waits for labels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from models.errors import InvalidParameter
from models.online.records import Label

TaskKind = Literal["classification", "regression"]
Missing = Literal["omit", "skip", "zero", "last", "mean"]
DriftDetector = Literal["adwin", "page_hinkley"]
DriftPolicy = Literal["none", "reset", "swap"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftConfig:
    """How a model's error is watched, and what happens when it rises for good.

    detector: "adwin" (Bifet & Gavalda 2007), "page_hinkley" (Page 1954), or None: the error is not watched.
    policy: "none" reports only; "reset" begins the model anew; "swap" puts a model in its place that has been trained
        since the last warning (without a warning before it: one that is new).
    delta: of ADWIN, the significance of a drift, in (0, 1); smaller is slower and surer.
    warning_delta: the same of a warning; at least `delta`.
    threshold: of Page-Hinkley, how much error in excess of the mean is a drift, > 0; errors are 0 or 1 in
        classification, and in regression shares of the mean absolute error so far.
    warning_threshold: the same of a warning; at most `threshold`.
    tolerance: of Page-Hinkley, the excess per label that is no change, >= 0.
    grace: labels of a model before it may warn or drift, >= 1.

    Raises InvalidParameter.
    """

    detector: DriftDetector | None = "adwin"
    policy: DriftPolicy = "none"
    delta: float = 0.002
    warning_delta: float = 0.02
    threshold: float = 50.0
    warning_threshold: float = 25.0
    tolerance: float = 0.005
    grace: int = 30

    def __post_init__(self) -> None:
        rules: list[tuple[str, bool, str]] = [
            (
                "detector",
                self.detector in ("adwin", "page_hinkley", None),
                "adwin, page_hinkley or None",
            ),
            ("policy", self.policy in ("none", "reset", "swap"), "none, reset or swap"),
            ("delta", 0.0 < self.delta < 1.0, "above 0 and below 1"),
            (
                "warning_delta",
                self.delta <= self.warning_delta < 1.0,
                "at least `delta` and below 1",
            ),
            ("threshold", self.threshold > 0.0, "above 0"),
            (
                "warning_threshold",
                0.0 < self.warning_threshold <= self.threshold,
                "above 0 and at most `threshold`",
            ),
            ("tolerance", self.tolerance >= 0.0, "at least 0"),
            ("grace", self.grace >= 1, "at least 1"),
        ]
        _hold(rules, self, "the drift watch")


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictorConfig:
    """The parameters of a predictor.

    task: what the models predict: a class or a number.
    models: name -> estimator or pipeline as `models.online.build` reads it; all learn from the same stream.
    champion: the model whose answer is the predictor's; None means the first.
    features: names of the features that an event must have; empty: whatever it has. Others are not looked at.
    missing: what becomes of a feature that is absent, None or NaN. "omit" leaves it out, which most of River's models
        take as 0; "zero", "last" and "mean" put that in its place; "skip" has no prediction made for the event.
    labels: the classes; with two of them the second is the positive one. None takes classes as they come, and
        booleans as binary.
    deadline: seconds of event time that an event waits for its label, > 0.
    max_pending: events that may wait at a time, >= 1; one more has the one forgotten whose deadline is next.
    window: how many newest labels the moving metrics look at, >= 1.
    drift: see DriftConfig.
    seed: of every model that takes one and was given none.

    Raises InvalidParameter, also for models that cannot be built.
    """

    task: TaskKind
    models: Mapping[str, Any]
    champion: str | None = None
    features: tuple[str, ...] = ()
    missing: Missing = "omit"
    labels: tuple[Label, ...] | None = None
    deadline: float = 86_400.0
    max_pending: int = 10_000
    window: int = 1_000
    drift: DriftConfig = field(default_factory=DriftConfig)
    seed: int = 42

    def __post_init__(self) -> None:
        labels = self.labels
        rules: list[tuple[str, bool, str]] = [
            (
                "task",
                self.task in ("classification", "regression"),
                "classification or regression",
            ),
            ("models", len(self.models) > 0, "at least one name with its steps"),
            (
                "champion",
                self.champion is None or self.champion in self.models,
                f"one of {', '.join(self.models)}",
            ),
            ("features", len(set(self.features)) == len(self.features), "distinct names"),
            (
                "missing",
                self.missing in ("omit", "skip", "zero", "last", "mean"),
                "omit, skip, zero, last or mean",
            ),
            (
                "labels",
                labels is None or (len(labels) > 1 and len(set(labels)) == len(labels)),
                "at least two distinct classes",
            ),
            (
                "labels",
                labels is None or self.task == "classification",
                "None where the task is regression",
            ),
            ("deadline", self.deadline > 0.0, "above 0 (seconds)"),
            ("max_pending", self.max_pending >= 1, "at least 1"),
            ("window", self.window >= 1, "at least 1"),
            ("seed", 0 <= self.seed < 2**63, "from 0 to 2**63 - 1"),
        ]
        _hold(rules, self, "the predictor")

    @property
    def first_champion(self) -> str:
        """The champion before any promotion."""
        return self.champion or next(iter(self.models))


def _hold(rules: list[tuple[str, bool, str]], config: object, owner: str) -> None:
    for name, holds, rule in rules:
        if not holds:
            raise InvalidParameter(name, owner, rule, getattr(config, name))
