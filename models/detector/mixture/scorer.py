"""One River model of one key: what it is given, and a score of it that calibration can take."""

from __future__ import annotations

import math
import statistics
from typing import Any

from river import anomaly, base

from models.detector.config import DetectorConfig
from models.errors import InvalidParameter
from models.online.build import build
from models.online.records import Model, Steps

SETTLED = 32
"""Scores of a model before their mean and deviation say where another stands."""
LEAST, MOST = -4.0, 96.0
"""Deviations from the mean beyond these are one: a score is bounded, and above 0 once LEAST is taken off it."""
OUTLYING = 6.0
"""The mean and the deviation learn a score as no further away than this."""
LARGEST = 1e150
PATIENCE = 16
"""So many failures in a row, and the model is begun anew."""


def checked_model(spec: Steps, config: DetectorConfig) -> Model:
    """A new model, as configured.

    One that is named alone gets the scaling that it asks for in front; a list of steps is taken as it is.
    Raises InvalidParameter for what is no anomaly model, or one that the detector's features do not suit.
    """
    owner = "the detector's model"
    model = build(spec, config.seed, owner)
    kinds = base.AnomalyDetector | base.SupervisedAnomalyDetector | base.AnomalyFilter
    if not (isinstance(model, kinds) and isinstance(innermost(model), kinds)):
        got = type(innermost(model)).__name__
        raise InvalidParameter("models", "the detector", "anomaly models of River", got)
    if supervised(model):
        if len(config.features) > 1:
            rule = f"without {type(innermost(model)).__name__}, which looks at one value, or of one feature"
            raise InvalidParameter("models", "the detector", rule, list(config.features))
        return model
    if isinstance(spec, list | tuple):
        return model
    bounded = isinstance(innermost(model), anomaly.HalfSpaceTrees)
    scaler: dict[str, Any] = {"MinMaxScaler" if bounded else "StandardScaler": {}}
    return build([scaler, spec], config.seed, owner)


def innermost(model: Model) -> Model:
    """The estimator that scores, out of its pipelines and filters."""
    while True:
        inner = getattr(model, "_last_step", None) or getattr(model, "anomaly_detector", None)
        if inner is None:
            return model
        model = inner


def supervised(model: Model) -> bool:
    """Whether it scores one value, given others."""
    return isinstance(innermost(model), base.SupervisedAnomalyDetector)


class Scorer:
    """A model, and the mean and deviation of its scores."""

    def __init__(self, spec: Steps, config: DetectorConfig) -> None:
        self._spec, self._config = spec, config
        self._decay = min(config.decay, 1.0 / SETTLED)
        self.excused = False
        """Whether it has failed so often that nobody waits for it any more."""
        self._model = checked_model(spec, config)
        self._begun, self._awake, self._failures = False, False, 0
        self._first: list[float] = []
        self._count = 0
        self._mean, self._variance = 0.0, 0.0

    def step(self, x: dict[str, float], newest: float) -> float | None:
        """Score a point, then learn it.

        Returns how many deviations above its usual score (LEAST taken off, so that it is not negative); None while
        that is not known, and where the model fails.
        """
        try:
            raw = self._asked(x, newest)
        except Exception:
            # River's models raise what their arithmetic raises; the other models and the stream go on.
            self._failures += 1
            if self._failures >= PATIENCE:
                self.restore(Scorer(self._spec, self._config).state())
                self.excused = True
            return None
        self._failures = 0
        # Before they are ready, River's models answer 0.
        self._awake = self._awake or raw != 0.0
        return self._placed(raw) if self._awake else None

    def state(self) -> list[Any]:
        """Everything, as plain values and objects of River."""
        flags = [self.excused, self._begun, self._awake, self._failures]
        return [self._model, flags, self._first, self._count, self._mean, self._variance]

    def restore(self, state: list[Any]) -> None:
        """Take the place of all that is here."""
        self._model, flags, self._first, self._count, self._mean, self._variance = state
        self.excused, self._begun, self._awake, self._failures = flags

    def _asked(self, x: dict[str, float], newest: float) -> float:
        model = self._model
        given: tuple[Any, ...] = (dict(x),)
        if supervised(model):
            earlier = {name: value for name, value in x.items() if name.endswith("]")}
            given = (earlier, newest)
        if not self._begun:
            # Scalers and predictors that have learned nothing answer NaN, which some keep for ever.
            self._begun = True
            model.learn_one(*given)
            return 0.0
        # A scorer whose variance has come out negative answers with a complex number, which is no float.
        raw = float(model.score_one(*given))
        model.learn_one(*given)
        if not abs(raw) <= LARGEST:
            raise ArithmeticError(f"the score must be finite, got {raw}")
        if isinstance(innermost(model), anomaly.GaussianScorer):
            # It is one less a tail probability: far out, where all are nearly one, only the logarithm tells them apart.
            raw = round(-math.log10(max(1.0 - raw, 1e-16)), 9)
        return raw

    def _placed(self, raw: float) -> float | None:
        self._count += 1
        if self._count <= SETTLED:
            self._first.append(raw)
            if self._count == SETTLED:
                self._settle()
            return None
        deviation = max(math.sqrt(self._variance), 1e-3 * abs(self._mean), 1e-12)
        placed = min(max((raw - self._mean) / deviation, LEAST), MOST) - LEAST
        reach = OUTLYING * deviation
        change = min(max(raw - self._mean, -reach), reach)
        rate = max(1.0 / self._count, self._decay)
        self._mean += rate * change
        self._variance = (1.0 - rate) * (self._variance + rate * change * change)
        return placed

    def _settle(self) -> None:
        """Where the first scores lie: by the inner three quarters, for a model's very first ones can be anywhere."""
        cut = SETTLED // 8
        inner = sorted(self._first)[cut:-cut]
        self._mean = statistics.fmean(inner)
        self._variance = statistics.pvariance(inner, self._mean)
        self._first = []
