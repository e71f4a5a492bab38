"""One random cut forest with River's verbs."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, Literal

from models.errors import CorruptState, InvalidParameter
from models.forest.bands import dump_bands, load_bands
from models.forest.kernels.clock import CLOCK
from models.forest.rows import named
from models.forest.state import dump_forest, load_forest
from models.forest.verbs.base import Missing
from models.forest.verbs.changing import Changing
from models.forest.verbs.expecting import Expecting
from models.forest.verbs.learning import KINDS, Learning, check_policy
from models.forest.verbs.looking import Looking
from models.state import pack, unpack


class RandomCutForest(Learning, Expecting, Looking, Changing):
    """Random cut forest over the last `shingle_size` records, learning from each and forgetting with time.

    High scores are anomalous. Values are kept as float32, so a signal must not be smaller than about 1e-7 of its
    offset. Features are those of the first record learned, sorted by name; later ones that it did not have are
    ignored, and one that is absent keeps its last value, or what `missing` says. Not thread-safe, not even for
    scoring.

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
    missing
        What becomes of missing values: `"strict"` refuses NaN and takes an absent feature's last value; `"last"` takes
        the last value for both, `"impute"` what the forest expects given the rest of the shingle. The latter two tell
        which they filled (`imputed`, `n_imputed`).
    time
        The feature that holds each record's time, for series with irregular gaps: the gap since the record before, as
        a multiple of the usual gap (an exponential mean), takes its place. None where there is no such feature.
    horizon
        Steps ahead for which bands of forecasts are calibrated with each record, 0 to 1024: that many forecasts a
        record. 0 leaves bands to the sample.
    coverage
        Share of the values that a calibrated band is to hold.

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
        missing: Missing = "strict",
        time: Hashable = None,
        horizon: int = 0,
        coverage: float = 0.8,
    ) -> None:
        if score not in KINDS:
            rule = "'inverse_depth' or 'displacement'"
            raise InvalidParameter("score", "the forest", rule, score)
        if not 0 <= seed < 2**64:
            raise InvalidParameter("seed", "the forest", "from 0 to 2**64 - 1", seed)
        check_policy(missing, horizon, coverage)
        self.n_trees = n_trees
        self.sample_size = sample_size
        self.shingle_size = shingle_size
        self.time_decay = time_decay
        self.score = score
        self.missing = missing
        self.time = time
        self.horizon = horizon
        self.coverage = coverage
        self.seed = seed
        self._clear()
        self._config(1)

    def dump(self) -> bytes:
        """The forest as versioned, checksummed bytes; equal forests give equal bytes."""
        meta = {
            "parameters": self._get_params(),
            "features": self._features,
            "paused": self._paused,
            "imputed": self._n_imputed,
        }
        if self._arena is None:
            return pack("forest", meta, {})
        arrays = {
            **dump_forest(self._arena, 0),
            "recent": self._recent,
            "clock": self._clock,
            "flags": self._flags,
        }
        if self._bands is not None:
            arrays |= dump_bands(self._bands)
        return pack("forest", meta, arrays)

    @classmethod
    def from_bytes(cls, data: bytes) -> RandomCutForest:
        """The forest that `dump` saved; goes on bit for bit. Raises CorruptState or IncompatibleState."""
        state = unpack(data, "forest")
        parameters = state.meta["parameters"]
        forest = cls(**parameters | {"time": named(parameters.get("time"))})
        forest._paused = bool(state.meta.get("paused", False))
        forest._n_imputed = int(state.meta.get("imputed", 0))
        if state.arrays:
            arena = forest._open([named(feature) for feature in state.meta["features"]])
            load_forest(arena, 0, state.arrays)
            forest._recent = state.arrays["recent"]
            # States of the first version have neither clock nor flags.
            forest._clock = state.arrays.get("clock", forest._clock)
            forest._flags = state.arrays.get("flags", forest._flags)
            if forest._clock.shape != (CLOCK,):
                raise CorruptState(f"The saved clock must have {CLOCK} numbers, got others.")
            if forest._bands is not None:
                load_bands(forest._bands, state.arrays)
        return forest

    def freeze(self) -> RandomCutForest:
        """A copy that gives the same answers and learns nothing: its learning is paused."""
        copy = self.from_bytes(self.dump())
        copy.pause()
        return copy

    def __reduce__(self) -> tuple[Any, ...]:
        return (RandomCutForest.from_bytes, (self.dump(),))
