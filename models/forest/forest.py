"""One random cut forest with River's verbs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from river.base import AnomalyDetector

from models.errors import InvalidParameter
from models.forest.arena import ForestArena
from models.forest.config import ForestConfig
from models.forest.kernels.attribution import attribute
from models.forest.kernels.batch import score_points
from models.forest.kernels.gains import DISPLACEMENT, INVERSE_DEPTH, NO_SCORE
from models.forest.state import dump_forest, load_forest
from models.state import pack, unpack

LARGEST = 1e30
"""Greatest magnitude of a value: beyond it, sums of float32 side lengths could overflow."""

_KINDS = {"inverse_depth": INVERSE_DEPTH, "displacement": DISPLACEMENT}


class RandomCutForest(AnomalyDetector):  # type: ignore[misc]  # River ships no types
    """Random cut forest over the last `shingle_size` records, learning from each and forgetting with time.

    High scores are anomalous. Values are kept as float32, so a signal must not be smaller than about 1e-7 of its
    offset. Features are those of the first record learned, sorted by name; later ones that it did not have are
    ignored, and one that is absent keeps its last value. Not thread-safe, not even for scoring.

    Parameters
    ----------
    n_trees
        Number of trees, 1 to 1000.
    sample_size
        Points in each tree's reservoir, 2 to 32768.
    shingle_size
        Consecutive records that make one point. Scores are 0 until that many were learned.
    time_decay
        Rate at which a reservoir forgets, per point; None means `0.1 / sample_size`.
    score
        `"inverse_depth"` (about 0.8 to 1 for the usual, at most `log2(sample_size + 1)`) or `"displacement"` (the
        expected collusive displacement, from 0 to `sample_size`).
    seed
        Makes everything random; forests of equal seed and input are equal.

    Examples
    --------
    >>> from models.forest import RandomCutForest
    >>> forest = RandomCutForest(n_trees=20, sample_size=64, seed=7)
    >>> for i in range(200):
    ...     forest.learn_one({"x": float(i % 5)})
    >>> forest.score_one({"x": 2.0}) < forest.score_one({"x": 40.0})
    True

    References
    ----------
    Guha, Mishra, Roy & Schrijvers 2016: Robust Random Cut Forest Based Anomaly Detection on Streams.
    Bartos, Mullapudi & Troutman 2019: rrcf (collusive displacement).

    """

    def __init__(
        self,
        n_trees: int = 50,
        sample_size: int = 256,
        shingle_size: int = 1,
        time_decay: float | None = None,
        score: Literal["inverse_depth", "displacement"] = "inverse_depth",
        seed: int = 42,
    ) -> None:
        if score not in _KINDS:
            rule = "'inverse_depth' or 'displacement'"
            raise InvalidParameter("score", "the forest", rule, score)
        if not 0 <= seed < 2**64:
            raise InvalidParameter("seed", "the forest", "from 0 to 2**64 - 1", seed)
        self.n_trees = n_trees
        self.sample_size = sample_size
        self.shingle_size = shingle_size
        self.time_decay = time_decay
        self.score = score
        self.seed = seed
        self._features: list[Any] = []
        self._arena: ForestArena | None = None
        self._recent = np.zeros((0, 0), np.float32)
        self._config(1)

    def _config(self, n_features: int) -> ForestConfig:
        return ForestConfig(
            n_features=n_features,
            shingle_size=self.shingle_size,
            n_trees=self.n_trees,
            sample_size=self.sample_size,
            time_decay=self.time_decay,
        )

    def _open(self, features: list[Any]) -> ForestArena:
        self._features = features
        self._arena = ForestArena(self._config(max(len(features), 1)))
        self._arena.open_slot(self.seed)
        self._recent = np.zeros((0, self._arena.config.n_features), np.float32)
        return self._arena

    def _row(self, x: dict[Any, float]) -> NDArray[np.float32]:
        features = self._features if self._arena else _sorted(x)
        last = self._recent[-1] if len(self._recent) else np.zeros(max(len(features), 1))
        row = [x.get(name, last[i]) for i, name in enumerate(features)] or [0.0]
        return _checked([row], len(row))

    def _rows(self, X: ArrayLike) -> NDArray[np.float32]:
        reindex, columns = getattr(X, "reindex", None), getattr(X, "columns", ())
        if reindex:
            X = reindex(columns=self._features if self._arena else _sorted(columns))
        rows = np.atleast_2d(_numbers(X))
        return _checked(rows, self._arena.config.n_features if self._arena else rows.shape[-1])

    def learn_one(self, x: dict[Any, float]) -> None:
        """Learn one record. Raises InvalidParameter on NaN, infinities and magnitudes above 1e30."""
        row = self._row(x)
        self._learn(self._arena or self._open(_sorted(x)), row, NO_SCORE)

    def score_one(self, x: dict[Any, float]) -> float:
        """Score of one record after the last `shingle_size - 1` learned ones; changes nothing."""
        point = self._point(self._row(x))
        if self._arena is None or point is None:
            return 0.0
        scores = np.zeros(1)
        score_points(self._arena.forests, 0, point, _KINDS[self.score], scores)
        return float(scores[0])

    def attribute_one(self, x: dict[Any, float]) -> dict[Any, tuple[float, float]]:
        """Feature -> (too low, too high): shares of the inverse-depth score of `x`, which they sum to."""
        point = self._point(self._row(x))
        if self._arena is None or point is None:
            return dict.fromkeys(x, (0.0, 0.0))
        shares = np.zeros((2, self._arena.config.dimensions))
        attribute(self._arena.forests, 0, point, 0, shares)
        by_feature = shares.reshape(2, self.shingle_size, -1).sum(axis=1)
        return {
            name: (float(by_feature[0, i]), float(by_feature[1, i]))
            for i, name in enumerate(self._features)
        }

    def learn_many(self, X: ArrayLike) -> None:
        """Learn n records in order, given as (n, features) or as a data frame, whose columns are found by name."""
        self._learn_rows(X, NO_SCORE)

    def score_learn_many(self, X: ArrayLike) -> NDArray[np.float64]:
        """Score each of n records (n, features), then learn it; returns (n,) scores."""
        return self._learn_rows(X, _KINDS[self.score])

    def score_many(self, X: ArrayLike) -> NDArray[np.float64]:
        """Score each of n records (n, features) as if it came next; learns nothing; returns (n,) scores."""
        rows = self._rows(X)
        scores = np.zeros(len(rows))
        if self._arena and len(self._recent) >= self.shingle_size - 1:
            points = np.concatenate([self._shingle(row) for row in rows[:, None]] or [rows.ravel()])
            score_points(self._arena.forests, 0, points, _KINDS[self.score], scores)
        return scores

    def _learn_rows(self, X: ArrayLike, kind: int) -> NDArray[np.float64]:
        rows = self._rows(X)
        names = _sorted(getattr(X, "columns", range(rows.shape[1])))
        return self._learn(self._arena or self._open(names), rows, kind)

    def _learn(
        self, arena: ForestArena, rows: NDArray[np.float32], kind: int
    ) -> NDArray[np.float64]:
        scores = arena.score_and_learn(np.zeros(len(rows), np.int64), rows, kind)
        keep = max(self.shingle_size - 1, 1)
        # Adding zero copies the few rows, and turns -0.0 into 0.0 as the arena does.
        self._recent = np.concatenate([self._recent, rows])[-keep:] + np.float32(0.0)
        return scores

    def _shingle(self, row: NDArray[np.float32]) -> NDArray[np.float32]:
        before = self._recent[len(self._recent) - self.shingle_size + 1 :]
        # Adding zero turns -0.0 into 0.0, as learning does.
        return np.concatenate([before, row]).ravel() + np.float32(0.0)

    def _point(self, row: NDArray[np.float32]) -> NDArray[np.float32] | None:
        enough = self._arena is not None and len(self._recent) >= self.shingle_size - 1
        return self._shingle(row) if enough else None

    def dump(self) -> bytes:
        """The forest as versioned, checksummed bytes; equal forests give equal bytes."""
        meta = {"parameters": self._get_params(), "features": self._features}
        if self._arena is None:
            return pack("forest", meta, {})
        return pack("forest", meta, {**dump_forest(self._arena, 0), "recent": self._recent})

    @classmethod
    def from_bytes(cls, data: bytes) -> RandomCutForest:
        """The forest that `dump` saved; goes on bit for bit. Raises CorruptState or IncompatibleState."""
        state = unpack(data, "forest")
        forest = cls(**state.meta["parameters"])
        if state.arrays:
            arena = forest._open([_name(feature) for feature in state.meta["features"]])
            load_forest(arena, 0, state.arrays)
            forest._recent = state.arrays["recent"]
        return forest

    def __reduce__(self) -> tuple[Any, ...]:
        return (RandomCutForest.from_bytes, (self.dump(),))


def _sorted(names: Iterable[Any]) -> list[Any]:
    """Feature names in an order of their own, so that the order in which they were given does not matter."""
    names = list(names)
    try:
        return sorted(names)
    except TypeError:
        return sorted(names, key=repr)


def _name(saved: object) -> object:
    """A feature's name; JSON has no tuples, and a list cannot be a name."""
    return tuple(map(_name, saved)) if isinstance(saved, list) else saved


def _numbers(rows: ArrayLike) -> NDArray[np.float64]:
    try:
        return np.asarray(rows, np.float64)
    except (TypeError, ValueError) as error:
        raise InvalidParameter("values", "the records", "numbers", rows) from error


def _checked(rows: ArrayLike, n_features: int) -> NDArray[np.float32]:
    values = _numbers(rows)
    if values.ndim != 2 or values.shape[1] != n_features or n_features == 0:
        rule = f"(n, {n_features or 'features'})"
        raise InvalidParameter("shape", "the records", rule, values.shape)
    wrong = ~(np.abs(values) <= LARGEST)
    if wrong.any():
        rule = f"finite and at most {LARGEST:g} in magnitude"
        raise InvalidParameter("values", "the records", rule, float(values[wrong][0]))
    return values.astype(np.float32)
