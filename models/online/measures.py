"""How good a model's answers have been, each judged before its label was learned (prequentially; Dawid 1984)."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from river import metrics

from models.online.mended import ConfusionMatrix
from models.online.ranking import Ranking
from models.online.records import Label


class Judged(NamedTuple):
    """One answer and its label."""

    label: Any
    value: Any
    probabilities: Mapping[Label, float] | None


class Classified:
    """Measures of a classifier."""

    def __init__(self, binary: bool) -> None:
        self.binary = binary
        self.confusion = ConfusionMatrix()
        self.log_loss = metrics.CrossEntropy()
        self.ranking = Ranking() if binary else None

    def state(self) -> list[Any]:
        """Everything, as plain values and objects of River."""
        ranking = None if self.ranking is None else self.ranking.state()
        return [self.binary, self.confusion, self.log_loss, ranking]

    def restore(self, state: list[Any]) -> None:
        self.binary, self.confusion, self.log_loss, ranking = state
        self.ranking = None if ranking is None else Ranking()
        if self.ranking is not None:
            self.ranking.restore(ranking)

    def update(self, judged: Judged) -> None:
        label, value, probabilities = judged
        self.confusion.update(label, value)
        if probabilities:
            # A class that the model has never seen had no probability: River would count it as no loss.
            self.log_loss.update(label, {label: probabilities.get(label, 0.0)})
            if self.ranking is not None:
                self.ranking.update(label, probabilities.get(True, 0.0))

    def get(self) -> dict[str, Any]:
        """Measure -> value. In binary tasks precision, recall and F1 are of the positive class, else macro averages."""
        cm = self.confusion
        plain = (metrics.Precision, metrics.Recall, metrics.F1)
        macro = (metrics.MacroPrecision, metrics.MacroRecall, metrics.MacroF1)
        precision, recall, f1 = plain if self.binary else macro
        found: dict[str, Any] = {
            "labels": cm.n_samples,
            "accuracy": metrics.Accuracy(cm=cm).get(),
            "balanced_accuracy": metrics.BalancedAccuracy(cm=cm).get(),
            "precision": precision(cm=cm).get(),
            "recall": recall(cm=cm).get(),
            "f1": f1(cm=cm).get(),
            "kappa": metrics.CohenKappa(cm=cm).get() if cm.n_samples else 0.0,
            "log_loss": self.log_loss.get() if self.log_loss._mean.n else None,
        }
        if self.ranking is not None:
            found["roc_auc"] = self.ranking.get()
        found["confusion"] = [
            [true, answered, int(cm.data[true][answered])]
            for true in cm.classes
            for answered in cm.classes
            if cm.data.get(true, {}).get(answered)
        ]
        return found


class Regressed:
    """Measures of a regressor."""

    def __init__(self) -> None:
        self.labels = 0
        self.absolute = metrics.MAE()
        self.squared = metrics.RMSE()
        self.explained = metrics.R2()

    def state(self) -> list[Any]:
        """Everything, as objects of River."""
        return [self.labels, self.absolute, self.squared, self.explained]

    def restore(self, state: list[Any]) -> None:
        self.labels, self.absolute, self.squared, self.explained = state

    def update(self, judged: Judged) -> None:
        self.labels += 1
        for metric in (self.absolute, self.squared, self.explained):
            metric.update(judged.label, judged.value)

    def get(self) -> dict[str, Any]:
        return {
            "labels": self.labels,
            "mae": _finite(self.absolute.get()),
            "rmse": _finite(self.squared.get()),
            "r2": _finite(self.explained.get()),
        }


class Measures:
    """In total, and over the newest labels.

    The window is measured anew when asked for: taking old errors off a running sum (as rolling metrics do) leaves
    their rounding errors in it, and after one enormous error those are all that is left.
    """

    def __init__(self, task: str, window: int) -> None:
        self.task = task
        self.total: Classified | Regressed | None = None
        self.newest: deque[Judged] = deque(maxlen=window)

    def update(self, judged: Judged, binary: bool) -> None:
        if self.total is None:
            self.total = self._new(binary)
        self.total.update(judged)
        self.newest.append(judged)

    def get(self) -> dict[str, Any]:
        """{"total": {measure: value}, "window": {...}}; both None before the first judged answer."""
        if self.total is None:
            return {"total": None, "window": None}
        window = self._new(getattr(self.total, "binary", False))
        for judged in self.newest:
            window.update(judged)
        return {"total": self.total.get(), "window": window.get()}

    def state(self) -> list[Any]:
        """Everything, as plain values and objects of River."""
        total = None if self.total is None else self.total.state()
        return [total, [tuple(judged) for judged in self.newest]]

    def restore(self, state: list[Any]) -> None:
        """Take the place of all that is here."""
        total, newest = state
        self.total = None if total is None else self._new(False)
        if self.total is not None:
            self.total.restore(total)
        self.newest = deque((Judged(*judged) for judged in newest), self.newest.maxlen)

    def _new(self, binary: bool) -> Classified | Regressed:
        return Classified(binary) if self.task == "classification" else Regressed()


def mean(values: Iterable[float]) -> float:
    """Arithmetic mean; 0 of nothing."""
    held = list(values)
    return math.fsum(held) / len(held) if held else 0.0


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
