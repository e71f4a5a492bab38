"""What all verbs of a forest share: its parameters, its memory, and how a record becomes a point of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from river.base import AnomalyDetector

from models.compiled import Doubles
from models.errors import InvalidParameter
from models.forest.arena import ForestArena
from models.forest.bands import open_bands
from models.forest.changes import pause
from models.forest.config import ForestConfig
from models.forest.kernels.bands import Bands
from models.forest.kernels.clock import CLOCK, GAPS, KNOWN, ratio, tick
from models.forest.kernels.forecast import impute_points
from models.forest.rows import checked, numbers, ordered

Missing = Literal["strict", "last", "impute"]


class ForestBase(AnomalyDetector):  # type: ignore[misc]  # River ships no types
    """A forest in an arena of its own, and the last records that it was given."""

    n_trees: int
    sample_size: int
    shingle_size: int
    time_decay: float | None
    score: str
    seed: int
    missing: Missing
    time: Any
    horizon: int
    coverage: float

    _arena: ForestArena | None
    _features: list[Any]
    _recent: NDArray[np.float32]
    _clock: Doubles
    _bands: Bands | None
    _paused: bool
    _flags: NDArray[np.bool_]
    _n_imputed: int

    def _config(self, n_features: int) -> ForestConfig:
        return ForestConfig(
            n_features=n_features,
            shingle_size=self.shingle_size,
            n_trees=self.n_trees,
            sample_size=self.sample_size,
            time_decay=self.time_decay,
        )

    def _clear(self) -> None:
        """Be a forest that was given nothing yet."""
        self._features, self._arena, self._bands, self._paused = [], None, None, False
        self._recent, self._flags = np.zeros((0, 0), np.float32), np.zeros(0, np.bool_)
        self._n_imputed = 0
        self._clock = np.zeros(CLOCK)
        self._clock[GAPS] = -1.0

    def _open(self, features: list[Any]) -> ForestArena:
        if self.time is not None and self.time not in features:
            raise InvalidParameter(
                "time", "the forest", f"one of the features {features}", self.time
            )
        self._features = features
        self._arena = ForestArena(self._config(max(len(features), 1)))
        self._arena.open_slot(self.seed)
        if self._paused:
            pause(self._arena, 0)
        self._recent = np.zeros((0, self._arena.config.n_features), np.float32)
        self._flags = np.zeros(self._arena.config.n_features, np.bool_)
        if self.horizon:
            self._bands = open_bands(self._arena.config, self.horizon, self.coverage)
        return self._arena

    def _names(self, x: Mapping[Any, float | None]) -> list[Any]:
        return self._features if self._arena else ordered(x)

    def _times(self, names: list[Any]) -> bool:
        return self.time is not None and self.time in names

    def _row(self, x: Mapping[Any, float | None]) -> Doubles:
        """(1, features); NaN where there is no value, but for a strict forest, where an absent one is the last one."""
        names = self._names(x)
        absent = [np.nan] * max(len(names), 1)
        if self.missing == "strict":
            absent = self._recent[-1].tolist() if len(self._recent) else [0.0] * len(absent)
            if self._times(names):
                absent[names.index(self.time)] = np.nan
        return numbers([[x.get(name, absent[i]) for i, name in enumerate(names)] or absent])

    def _rows(self, X: ArrayLike) -> tuple[list[Any], Doubles]:
        """Names and values (n, features) of an array, or of a data frame, whose columns are found by name."""
        reindex, columns = getattr(X, "reindex", None), getattr(X, "columns", ())
        names = self._features
        if reindex:
            names = self._features if self._arena else ordered(columns)
            X = reindex(columns=names)
        rows = np.atleast_2d(numbers(X))
        if not self._arena and not reindex:
            names = list(range(rows.shape[-1]))
        return names, rows

    def _as_next(self, names: list[Any], rows: Doubles, *, gaps: bool) -> NDArray[np.float32]:
        """(n, features) float32, where each row is the next record; missing values may stay NaN where `gaps` says so.

        A time becomes the gap since the last record, as a multiple of the usual gap.
        """
        width = self._arena.config.n_features if self._arena else rows.shape[-1]
        if self._times(names) and rows.ndim == 2 and rows.shape[1] == width:
            at, rows = names.index(self.time), rows.copy()
            self._check_times(rows[:, at], one_after_another=False)
            rows[:, at] = [ratio(self._clock, time) for time in rows[:, at].tolist()]
        return checked(rows, width, gaps=gaps)

    def _ticked(self, raw: Doubles, at: int) -> tuple[Doubles, Doubles]:
        """Rows with the times as gaps, and the clock after them."""
        self._check_times(raw[:, at], one_after_another=True)
        raw, clock, times = raw.copy(), self._clock.copy(), raw[:, at].copy()
        ratios = np.zeros(len(raw))
        tick(clock, times, ratios)
        raw[:, at] = ratios
        return raw, clock

    def _check_times(self, times: Doubles, *, one_after_another: bool) -> None:
        known = times[~np.isnan(times)]
        earlier = np.full(len(known), self._clock[KNOWN] if self._clock[GAPS] >= 0 else -np.inf)
        if one_after_another:
            earlier[1:] = known[:-1]
        wrong = ~((known >= earlier) & (np.abs(known) < np.inf))
        if wrong.any():
            rule = "finite and not before the last record's"
            raise InvalidParameter("time", "the record", rule, float(known[wrong][0]))

    def _ready(self) -> bool:
        """Whether a record more makes a full shingle, and some tree holds one."""
        enough = len(self._recent) >= self.shingle_size - 1
        return self._arena is not None and enough and bool(self._arena.forests.sizes[0].any())

    def _points(self, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        """The shingle (n, dimensions) that each row would complete."""
        before = self._recent[len(self._recent) - self.shingle_size + 1 :].ravel()
        points = np.empty((len(rows), len(before) + rows.shape[1]), np.float32)
        points[:, : len(before)], points[:, len(before) :] = before, rows
        # Adding zero turns -0.0 into 0.0, as learning does.
        return points + np.float32(0.0)

    def _filled(self, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        """Rows, each as if it came next, with what is missing filled as the forest's policy says."""
        gaps = np.isnan(rows)
        if not gaps.any():
            return rows
        return self._imputed(rows, gaps) if self.missing == "impute" else self._repeated(rows)

    def _repeated(self, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        last = self._recent[-1] if len(self._recent) else np.zeros(rows.shape[1], np.float32)
        return np.where(np.isnan(rows), last, rows)

    def _imputed(self, rows: NDArray[np.float32], gaps: NDArray[np.bool_]) -> NDArray[np.float32]:
        if not self._ready() or self._arena is None:
            return self._repeated(rows)
        points, width = self._points(np.where(gaps, np.float32(0.0), rows)), rows.shape[1]
        missing, band = np.zeros(points.shape[1], np.bool_), np.zeros((3, width))
        flat = points.ravel()
        impute_points(self._arena.forests, 0, flat, gaps.ravel(), missing, band)
        return flat.reshape(points.shape)[:, points.shape[1] - width :]
