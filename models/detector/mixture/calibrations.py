"""Room for the recent scores of several models."""

from __future__ import annotations

import numpy as np

from models.detector.kernels.calibrate import UNUSUAL, WINDOW, tail_lengths
from models.detector.kernels.layout import FEATURE, KEY, Keys

STRONGEST = 16.0
"""A strength of more is this: a tail probability of 1e-16."""
OFFSET = 2.0
"""Put on top of strengths for their calibration, whose prior reads from the median how far a tail reaches."""


def calibrations(rows: int, alarm_rate: float) -> Keys:
    """Room to calibrate so many scores of one key, of which the last is judged."""
    return Keys(
        warm=0,
        decay=0.0,
        score_kind=0,
        greatest=STRONGEST + OFFSET,
        lengths=tail_lengths(alarm_rate),
        unusual_lengths=tail_lengths(UNUSUAL),
        grade_lengths=tail_lengths(alarm_rate**2),
        keys=np.zeros(rows, KEY),
        features=np.zeros((rows, 1), FEATURE),
        buffer=np.zeros((rows, 1, 1)),
        in_order=np.zeros((rows, WINDOW), np.float32),
        ranked=np.zeros((rows, WINDOW), np.float32),
        imputed=np.zeros((rows, 1), np.uint16),
    )
