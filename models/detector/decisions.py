"""What a detector says of a batch of records: plain arrays, one row per record."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

WARMING, NORMAL, ANOMALY, SUPPRESSED = 0, 1, 2, 3
STATUS_NAMES = ("warming", "normal", "anomaly", "suppressed")


class Decisions(NamedTuple):
    """The decisions on n records of F features, in the order of the records.

    All numbers are finite. `detail` is -1, or the row of `expected`, `lower`, `upper` and `attribution` that
    explains the record; only anomalies are explained.
    """

    status: NDArray[np.uint8]
    """(n,) index into STATUS_NAMES."""
    score: NDArray[np.float64]
    """(n,) raw score, >= 0; 0 while no full shingle or no sample exists."""
    probability: NDArray[np.float64]
    """(n,) tail probability in (0, 1]: how often a usual record scores at least as high; 1 while warming."""
    grade: NDArray[np.float64]
    """(n,) 0 = not anomalous, (0, 1] = severity."""
    threshold: NDArray[np.float64]
    """(n,) the raw score above which this record would have been anomalous; 0 while warming."""
    confidence: NDArray[np.float64]
    """(n,) 0..1: how much of its reservoir the key had filled, lowered by imputed values."""
    observations: NDArray[np.int64]
    """(n,) records of this key so far, this one included."""
    values: NDArray[np.float64]
    """(n, F) the values that were scored: as given, or imputed."""
    imputed: NDArray[np.bool_]
    """(n, F) which of them were imputed."""
    detail: NDArray[np.int64]
    """(n,) row of the arrays below, or -1."""
    expected: NDArray[np.float64]
    """(m, F) what the newest record should have been, given the rest of its shingle."""
    lower: NDArray[np.float64]
    """(m, F) lower end of the expected band."""
    upper: NDArray[np.float64]
    """(m, F) upper end of the expected band."""
    attribution: NDArray[np.float64]
    """(m, F, 2) share of the score by feature and direction (0 = too low, 1 = too high); sums to 1 per row."""
