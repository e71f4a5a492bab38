"""What a detector keeps per key beside its forest: normalisers, the settling buffer, recent scores."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

FEATURE = np.dtype(
    [
        ("count", np.int64),
        ("value", np.float64),  # the newest
        ("mean", np.float64),
        ("variance", np.float64),
        ("centre", np.float64),
        ("scale", np.float64),  # 0 until two values differed
    ]
)

KEY = np.dtype(
    [
        ("observations", np.int64),
        ("settle", np.int64),  # records only collected at first; 0 where the slot is unused
        ("scores", np.int64),  # scores held
        ("oldest", np.int64),  # where the oldest score stands, once the window is full
        ("beyond", np.int64),  # consecutive unusual scores, up to now
        ("imputed_at", np.int64),
    ]
)


class Keys(NamedTuple):
    """The arrays of a bank of detectors, one row per slot."""

    warm: int
    """Records of a key before it may be judged."""
    decay: float
    """Rate at which means and deviations forget, per record."""
    score_kind: int
    greatest: float
    """The greatest possible score."""
    lengths: NDArray[np.float64]
    """(shapes,): how many scales above the tail's start the threshold lies."""
    unusual_lengths: NDArray[np.float64]
    """(shapes,): the same for the greatest usual score."""
    grade_lengths: NDArray[np.float64]
    """(shapes,): the same for where the grade reaches 1."""
    keys: NDArray[Any]
    """(slots,) of KEY."""
    features: NDArray[Any]
    """(slots, features) of FEATURE."""
    buffer: NDArray[np.float64]
    """(slots, settle, features): the first records as they came."""
    in_order: NDArray[np.float32]
    """(slots, window): recent scores as they came, a ring."""
    ranked: NDArray[np.float32]
    """(slots, window): the same, ascending."""
    imputed: NDArray[np.uint16]
    """(slots, shingle): imputed values in each record of the newest shingle, a ring."""


class Scratch(NamedTuple):
    """Room for one record and its explanation."""

    record: NDArray[np.float32]
    shares: NDArray[np.float64]
    missing: NDArray[np.bool_]
    middle: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
