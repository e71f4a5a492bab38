"""One key of a detector of several models."""

from __future__ import annotations

import math
from collections import deque
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.detector.config import Combination, DetectorConfig
from models.detector.decisions import Decisions
from models.detector.kernels.calibrate import WINDOW
from models.detector.kernels.opinion import conclude, opine
from models.detector.mixture.calibrations import OFFSET, STRONGEST, calibrations
from models.detector.mixture.scorer import Scorer

ENOUGH_OPINIONS = 32
"""Scores of a River model before its opinion counts."""


class Entity:
    """The River models of one key, the calibration of each, and that of all models together (the last row)."""

    def __init__(self, config: DetectorConfig) -> None:
        self._config = config
        self.scorers = [Scorer(spec, config) for spec in config.river_models]
        self.observations = 0
        self._values: list[float | None] = [None] * len(config.features)
        self._lags: deque[list[float]] = deque(maxlen=config.shingle_size)
        self._imputed: deque[int] = deque(maxlen=config.shingle_size)
        self._rows = calibrations(len(self.scorers) + 1, config.alarm_rate)

    def step(
        self, values: list[float], i: int, out: Decisions, forest: float | None, waits: bool
    ) -> None:
        """Decide on a record, row i of `out`, and learn it.

        forest: the forest's tail probability; None where there is no forest. waits: whether the forest is warming.
        """
        self._take(values, i, out)
        opinions = [self._opinion(m) for m in range(len(self.scorers))]
        known = [opinion for opinion in opinions if opinion is not None]
        ready = all(map(self._ready, range(len(self.scorers)))) and not waits
        if forest is not None and not waits:
            known.append(strength(forest))
        out.confidence[i] = self._confidence()
        if not ready or not known:
            return
        score = combined(known, self._config.combine)
        warm = self.observations > self._config.records_to_warm
        last = len(self.scorers)
        conclude(self._rows, last, i, score + OFFSET, warm, self._config.shingle_size, out)
        out.score[i] = score
        out.threshold[i] = max(out.threshold[i] - OFFSET, 0.0)

    def lags(self) -> NDArray[np.float64]:
        """(at most shingle size, features): the newest records, missing values estimated, oldest first."""
        return np.array(self._lags, np.float64).reshape(-1, len(self._config.features))

    def state(self) -> list[Any]:
        """Everything, as plain values, arrays and objects of River."""
        rows = [self._rows.keys, self._rows.in_order, self._rows.ranked]
        plain = [self.observations, self._values, list(self._lags), list(self._imputed)]
        return [*plain, *(part.copy() for part in rows), [s.state() for s in self.scorers]]

    def restore(self, state: list[Any]) -> None:
        """Take the place of all that is here."""
        self.observations, self._values, lags, imputed, keys, in_order, ranked, scorers = state
        self._lags.extend(lags)
        self._imputed.extend(imputed)
        self._rows.keys[:] = keys
        self._rows.in_order[:] = in_order
        self._rows.ranked[:] = ranked
        for scorer, held in zip(self.scorers, scorers, strict=True):
            scorer.restore(held)

    def _take(self, values: list[float], i: int, out: Decisions) -> None:
        """Note the values, the newest present one for each that is missing (0 before there was one)."""
        self.observations += 1
        missing = 0
        taken = []
        for j, value in enumerate(values):
            if math.isnan(value):
                out.imputed[i, j] = True
                missing += 1
            else:
                self._values[j] = value
            taken.append(self._values[j] or 0.0)
        self._lags.append(taken)
        self._imputed.append(missing)
        out.values[i] = taken
        out.observations[i] = self.observations
        out.probability[i] = 1.0
        out.detail[i] = -1

    def _opinion(self, m: int) -> float | None:
        """The strength of model m's opinion on the newest shingle; None where it has none."""
        if len(self._lags) < self._config.shingle_size:
            return None
        score = self.scorers[m].step(self._point(), self._lags[-1][0])
        if score is None:
            return None
        found = opine(self._rows, m, score, ENOUGH_OPINIONS, self._config.shingle_size)
        return None if found < 0.0 else strength(found)

    def _point(self) -> dict[str, float]:
        """The newest shingle by name: `cpu` is the newest value, `cpu[-1]` the one before it."""
        return {
            name if lag == 0 else f"{name}[-{lag}]": record[j]
            for lag, record in enumerate(reversed(self._lags))
            for j, name in enumerate(self._config.features)
        }

    def _ready(self, m: int) -> bool:
        return self.scorers[m].excused or self._rows.keys[m]["scores"] > ENOUGH_OPINIONS

    def _confidence(self) -> float:
        """Share of the window of combined scores that is filled, times the share of values not imputed."""
        asked = len(self._config.features) * self._config.shingle_size
        whole = 1.0 - sum(self._imputed) / asked
        return whole * float(self._rows.keys[len(self.scorers)]["scores"]) / WINDOW


def strength(probability: float) -> float:
    """-log10 of a tail probability, in [0, STRONGEST]; its last bits, in which machines may differ, are left out."""
    return round(-math.log10(min(max(probability, 10.0**-STRONGEST), 1.0)), 6)


def combined(strengths: list[float], how: Combination) -> float:
    """One strength for at least one: their mean, the greatest, or the one that a majority reaches."""
    if how == "mean":
        return math.fsum(strengths) / len(strengths)
    ranked = sorted(strengths, reverse=True)
    return ranked[0] if how == "max" else ranked[len(ranked) // 2]
