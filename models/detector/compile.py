"""Having every kernel compiled before the first record comes."""

from __future__ import annotations

import numpy as np

from models.detector.bank import DetectorBank, empty_decisions
from models.detector.config import DetectorConfig
from models.detector.kernels.opinion import conclude, opine
from models.detector.mixture.calibrations import calibrations


def compile_kernels() -> None:
    """Compile every kernel of a detector, or read it from the cache: up to a minute, or below one
    second.

    Kernels are compiled once, whatever the parameters and the number of features.
    """
    bank = DetectorBank(DetectorConfig(features=("any",), shingle_size=1, warmup=2))
    # One more than it takes to settle, from which on a question needs kernels of its own.
    bank.process(np.full(2, bank.slot(b"any"), np.int64), np.zeros((2, 1)))
    bank.score(b"any", np.zeros((1, 1)))
    bank.nearest(b"any", np.zeros(1), 1)
    state = bank.dump(b"any")
    bank.forget(b"any")
    bank.load(b"any", state)
    rows = calibrations(1, bank.config.alarm_rate)
    opine(rows, 0, 0.0, 1, 1)
    conclude(rows, 0, 0, 0.0, True, 1, empty_decisions(1, 1))
