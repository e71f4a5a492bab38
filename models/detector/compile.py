"""Having every kernel compiled before the first record comes."""

from __future__ import annotations

import numpy as np

from models.detector.bank import DetectorBank
from models.detector.config import DetectorConfig


def compile_kernels() -> None:
    """Compile every kernel of a detector, or read it from the cache: up to a minute, or below one
    second.

    Kernels are compiled once, whatever the parameters and the number of features.
    """
    bank = DetectorBank(DetectorConfig(features=("any",)))
    bank.process(np.array([bank.slot(b"any")], np.int64), np.zeros((1, 1)))
    state = bank.dump(b"any")
    bank.forget(b"any")
    bank.load(b"any", state)
