"""What the forest expects: of the newest record, of missing values, of records to come."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from models.compiled import Doubles
from models.errors import InvalidParameter
from models.forest.kernels.bands import calibrate
from models.forest.kernels.forecast import forecast, impute_run
from models.forest.kernels.neighbours import expected_newest
from models.forest.rows import checked, numbers
from models.forest.verbs.scoring import Scoring

BLAMED = 0.1
"""Without a shingle, a feature with a larger share of the score is asked for given the others."""


class Expected(NamedTuple):
    """What a value was expected to be, and its band."""

    value: float
    lower: float
    upper: float


class Forecast(NamedTuple):
    """What records to come are expected to be, step after step: each (horizon, features), features as in `names`.

    With calibrated bands, a value may lie beside its band: then forecasts have been off to one side of late.
    """

    names: list[Any]
    expected: Doubles
    lower: Doubles
    upper: Doubles


class Expecting(Scoring):
    """Verbs that change nothing: medians over near neighbours, one per tree, in what is known.

    A value of the time feature is the gap since the record before, as a multiple of the usual gap.
    """

    def expected_one(self, x: Mapping[Any, float | None]) -> dict[Any, Expected]:
        """Feature -> what the record `x` was expected to be, given the records before it.

        Without a shingle: what its features that are to blame for its score were expected to be given the others; the
        others are as they are. Bands hold 80 % of the near neighbours, or are calibrated, given a shingle and a
        `horizon`. Until a record can be scored, all is as it is.
        """
        names, raw = self._names(x), self._row(x)
        rows = self._next_rows(names, raw)
        values = rows[0].astype(np.float64)
        band = np.array([values, values, values])
        if self._arena and self._ready():
            unknown = self._blamed(rows)
            missing = np.zeros(self._arena.config.dimensions, np.bool_)
            missing[len(missing) - len(unknown) :] = unknown
            found = np.zeros_like(band)
            points = self._points(rows).ravel()
            expected_newest(self._arena.forests, 0, points, 0, missing, *found)
            if self._bands is not None and self.shingle_size > 1:
                calibrate(self._bands, *found[:, None])
            band[:, unknown] = found[:, unknown]
        return {name: Expected(*map(float, band[:, i])) for i, name in enumerate(names)}

    def _blamed(self, rows: NDArray[np.float32]) -> NDArray[np.bool_]:
        if self.shingle_size > 1:
            return np.ones(rows.shape[1], np.bool_)
        shares = self._shares(rows)[0, 0].sum(axis=1)
        return np.asarray(shares > BLAMED * shares.sum())

    def impute_one(self, x: Mapping[Any, float | None]) -> dict[Any, float]:
        """The record `x` as the next one, its absent and NaN features filled in, and features unknown so far left out.

        By the last values while there is no full shingle, or no sample.
        """
        names = self._names(x)
        if not names:
            return {}
        raw = numbers([[x.get(name) for name in names]])
        rows = self._as_next(names, raw, gaps=True)
        return dict(zip(names, map(float, self._imputed(rows, np.isnan(rows))[0]), strict=True))

    def impute_many(self, X: ArrayLike) -> Doubles:
        """Each of n records (n, features), as if it came next, with its NaN filled in."""
        rows = self._as_next(*self._rows(X), gaps=True)
        return self._imputed(rows, np.isnan(rows)).astype(np.float64)

    def impute_run(self, X: ArrayLike) -> Doubles:
        """n consecutive records (n, features) with their NaN filled in, where whole records may be missing in a row.

        They follow the learned ones. Each is filled given those before it, and half a shingle of those after it. By the
        last values while there is no full shingle, or no sample.
        """
        names, raw = self._rows(X)
        width = self._arena.config.n_features if self._arena else raw.shape[-1]
        if self._times(names) and raw.shape[1] == width:
            raw, _ = self._ticked(raw, names.index(self.time))
        rows, before = checked(raw, width, gaps=True), self.shingle_size - 1
        if not self._ready() or self._arena is None:
            for i in range(len(rows)):
                last = rows[i - 1] if i else self._repeated(rows[:1])[0]
                rows[i] = np.where(np.isnan(rows[i]), last, rows[i])
            return rows.astype(np.float64)
        known = self._recent[len(self._recent) - before :]
        records = np.concatenate([known, rows])
        gaps = np.isnan(records)
        flat = np.where(gaps, np.float32(0.0), records).ravel() + np.float32(0.0)
        missing = np.zeros(self._arena.config.dimensions, np.bool_)
        band = np.zeros((3, rows.shape[1]))
        impute_run(self._arena.forests, 0, flat, gaps.ravel(), missing, band)
        return flat.reshape(records.shape)[before:].astype(np.float64)

    def forecast(self, horizon: int = 1) -> Forecast:
        """The next records, 1 or more of them, each given those expected before it.

        Bands hold 80 % of the near neighbours; with the forest's `horizon`, they are calibrated to hold `coverage` of
        what comes, step by step, those of later steps as those of the last. Until a record can be scored, the last
        values, with bands without ends. Raises InvalidParameter.
        """
        if horizon < 1:
            raise InvalidParameter("horizon", "the forecast", "at least 1", horizon)
        width = self._arena.config.n_features if self._arena else 0
        expected = np.zeros((horizon, width))
        lower, upper = np.full((horizon, width), -np.inf), np.full((horizon, width), np.inf)
        if not self._ready() or self._arena is None:
            expected[:] = self._recent[-1] if len(self._recent) else 0.0
            return Forecast(list(self._features), expected, lower, upper)
        shingle = self._points(np.zeros((1, width), np.float32))[0]
        # The kernel makes room for each record itself.
        shingle[width:] = shingle[: len(shingle) - width].copy()
        missing = np.zeros(len(shingle), np.bool_)
        missing[len(shingle) - width :] = True
        forecast(self._arena.forests, 0, shingle, missing, expected, lower, upper)
        if self._bands is not None:
            calibrate(self._bands, expected, lower, upper)
        return Forecast(list(self._features), expected, lower, upper)
