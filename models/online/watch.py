"""Watching a model's error for a lasting rise."""

from __future__ import annotations

from typing import Any, NamedTuple

from river import drift

from models.online.config import DriftConfig
from models.online.records import Model

LARGEST = 10.0
"""A regression error counts as at most so many mean errors: one outlier is no drift."""


class Seen(NamedTuple):
    """What one error brought about."""

    level: str | None
    """`warning`, `drift` or None."""
    before: float
    after: float


class Watch:
    """One model's error, seen by a detector for drifts and by a more sensitive one for warnings."""

    def __init__(self, config: DriftConfig, regression: bool) -> None:
        self._config = config
        self._regression = regression
        self._labels = 0
        self._total = 0.0
        self.begin()

    def begin(self) -> None:
        """Forget all errors: another model has begun. What a usual error is stays known."""
        config = self._config
        self._drift = _detector(config, config.delta, config.threshold)
        self._warning = _detector(config, config.warning_delta, config.warning_threshold)
        self._seen, self._sum = 0, 0.0

    def update(self, error: float) -> Seen:
        """Take in an error (0 or 1, or absolute)."""
        if self._drift is None:
            return Seen(None, 0.0, 0.0)
        value = self._scaled(error)
        before = self._sum / self._seen if self._seen else 0.0
        self._seen += 1
        self._sum += value
        if _rises(self._drift, value):
            after = _newest(self._drift, value)
            return Seen("drift", before, after)
        if _rises(self._warning, value):
            after = _newest(self._warning, value)
            return Seen("warning", before, after)
        return Seen(None, before, value)

    def state(self) -> list[Any]:
        """Everything, as plain values and objects of River."""
        return [self._labels, self._total, self._drift, self._warning, self._seen, self._sum]

    def restore(self, state: list[Any]) -> None:
        """Take the place of all that is here."""
        self._labels, self._total, self._drift, self._warning, self._seen, self._sum = state

    def _scaled(self, error: float) -> float:
        """The error, in regression as a share of the mean one before it: detectors know no units."""
        if not self._regression:
            return error
        usual = self._total / self._labels if self._labels else error
        self._labels += 1
        self._total += error
        return min(error / usual, LARGEST) if usual > 0.0 else min(error, 1.0)


def _detector(config: DriftConfig, delta: float, threshold: float) -> Model:
    if config.detector == "adwin":
        return drift.ADWIN(delta=delta, grace_period=config.grace)
    if config.detector == "page_hinkley":
        return drift.PageHinkley(
            min_instances=config.grace, delta=config.tolerance, threshold=threshold, mode="up"
        )
    return None


def _rises(detector: Model, value: float) -> bool:
    """Let a detector see an error; whether it found a rise. ADWIN also finds that errors have fallen."""
    before = _newest(detector, value)
    detector.update(value)
    return detector.drift_detected and _newest(detector, value) >= before


def _newest(detector: Model, value: float) -> float:
    """The mean of the errors that a detector still holds; Page-Hinkley has no window, so the newest stands for it."""
    return detector.estimation if isinstance(detector, drift.ADWIN) else value
