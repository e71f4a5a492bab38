"""Learning records: one or many, with missing values, with weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from models.compiled import Doubles
from models.errors import InvalidParameter
from models.forest.arena import ForestArena
from models.forest.changes import weigh_next
from models.forest.kernels.bands import learn_and_calibrate
from models.forest.kernels.gains import DISPLACEMENT, INVERSE_DEPTH, NO_SCORE
from models.forest.kernels.layout import READY
from models.forest.rows import checked, ordered
from models.forest.verbs.base import ForestBase

KINDS = {"inverse_depth": INVERSE_DEPTH, "displacement": DISPLACEMENT}


class Learning(ForestBase):
    """Verbs that change the forest record by record."""

    @property
    def imputed(self) -> list[Any]:
        """The features of the newest record that were missing and have been filled in; not those of a strict forest."""
        return [
            name for name, flag in zip(self._features, self._flags.tolist(), strict=False) if flag
        ]

    @property
    def n_imputed(self) -> int:
        """Values filled in so far."""
        return self._n_imputed

    @property
    def n_seen(self) -> int:
        """Records seen so far; the next one has this number."""
        return int(self._arena.forests.slots[0]["seen"]) if self._arena else 0

    def learn_one(self, x: Mapping[Any, float | None], w: float = 1.0) -> None:
        """Learn one record, which counts `w` times, above 0.

        Raises InvalidParameter on infinities and magnitudes above 1e30, and on NaN where the forest is strict.
        """
        self._learn(ordered(x), self._row(x), NO_SCORE, w)

    def learn_many(self, X: ArrayLike) -> None:
        """Learn n records in order, given as (n, features) or as a data frame, whose columns are found by name."""
        self._learn(*self._rows(X), NO_SCORE)

    def score_learn_many(self, X: ArrayLike) -> Doubles:
        """Score each of n records (n, features), then learn it; returns (n,) scores."""
        return self._learn(*self._rows(X), KINDS[self.score])

    def _learn(self, names: list[Any], raw: Doubles, kind: int, weight: float = 1.0) -> Doubles:
        width = self._arena.config.n_features if self._arena else max(len(names), 1)
        names, clock = self._features if self._arena else names, self._clock
        if self._times(names) and raw.ndim == 2 and raw.shape[1] == width:
            raw, clock = self._ticked(raw, names.index(self.time))
        rows = checked(raw, width, gaps=self.missing != "strict")
        arena = self._arena or self._open(names)
        if weight != 1.0:
            weigh_next(arena, 0, weight)
        self._clock = clock
        return self._learn_gappy(arena, rows, kind)

    def _learn_gappy(self, arena: ForestArena, rows: NDArray[np.float32], kind: int) -> Doubles:
        """Learn records of which some values may be missing: those are filled one record at a time."""
        gaps = np.isnan(rows)
        gappy = np.flatnonzero(gaps.any(axis=1))
        scores, done = np.zeros(len(rows)), 0
        for i in gappy.tolist():
            scores[done:i] = self._advance(arena, rows[done:i], gaps[done:i], kind)
            row = self._filled(rows[i : i + 1])
            scores[i : i + 1] = self._advance(arena, row, gaps[i : i + 1], kind)
            done = i + 1
        scores[done:] = self._advance(arena, rows[done:], gaps[done:], kind)
        return scores

    def _advance(
        self,
        arena: ForestArena,
        rows: NDArray[np.float32],
        gaps: NDArray[np.bool_],
        kind: int,
    ) -> Doubles:
        """Learn complete records; `gaps` says which values were filled in."""
        if not len(rows):
            return np.zeros(0)
        if self._bands is None or arena.forests.slots[0]["paused"]:
            scores = arena.score_and_learn(np.zeros(len(rows), np.int64), rows, kind)
        else:
            scores = self._calibrate(arena, rows, gaps, kind)
        keep = max(self.shingle_size - 1, 1)
        # Adding zero copies the few rows, and turns -0.0 into 0.0 as the arena does.
        self._recent = np.concatenate([self._recent, rows])[-keep:] + np.float32(0.0)
        self._flags = gaps[-1].copy()
        self._n_imputed += int(gaps.sum())
        return scores

    def _calibrate(
        self,
        arena: ForestArena,
        rows: NDArray[np.float32],
        gaps: NDArray[np.bool_],
        kind: int,
    ) -> Doubles:
        slots, scores = np.zeros(len(rows), np.int64), np.zeros(len(rows))
        flat, observed = np.ascontiguousarray(rows).ravel(), ~gaps.ravel()
        arena.touch(slots)
        done, need = 0, READY
        while done < len(slots):
            done, need = learn_and_calibrate(
                arena.forests, slots, flat, observed, kind, done, scores, self._bands
            )
            if need != READY:
                arena.grow(0, need)
        return scores


def check_policy(missing: object, horizon: int, coverage: float) -> None:
    """Raise InvalidParameter unless a forest can have these parameters."""
    owner = "the forest"
    if missing not in ("strict", "last", "impute"):
        raise InvalidParameter("missing", owner, "'strict', 'last' or 'impute'", missing)
    if not 0 <= horizon <= 1024:
        raise InvalidParameter("horizon", owner, "from 0 to 1024", horizon)
    if not 0.0 < coverage < 1.0:
        raise InvalidParameter("coverage", owner, "between 0 and 1", coverage)
