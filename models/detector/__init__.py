"""Detectors: a stream of records per key in, decisions out.

Each record is normalised, shingled, scored by the key's random cut forest, judged against the key's own recent scores,
and then learned. A high score is anomalous; a low tail probability is.
"""

from models.detector.bank import DetectorBank
from models.detector.compile import compile_kernels
from models.detector.config import DetectorConfig
from models.detector.decisions import STATUS_NAMES, Decisions
from models.detector.open import open_bank
from models.detector.state import describe

__all__ = [
    "STATUS_NAMES",
    "Decisions",
    "DetectorBank",
    "DetectorConfig",
    "compile_kernels",
    "describe",
    "open_bank",
]
