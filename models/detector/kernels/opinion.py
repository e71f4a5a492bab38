"""Calibration of scores that do not come from the forest: any model's, and those of several models together."""

from __future__ import annotations

import math

from models.compiled import kernel
from models.detector.decisions import Decisions
from models.detector.kernels.calibrate import ENOUGH, remember_usual, tail, tail_probability
from models.detector.kernels.decide import judge
from models.detector.kernels.layout import Keys


@kernel
def opine(b: Keys, row: int, score: float, enough: int, shingle_size: int) -> float:
    """Tail probability of a score among a row's recent ones, -1 while they are fewer than `enough`; remembers it."""
    key, in_order, ranked = b.keys[row], b.in_order[row], b.ranked[row]
    held = key["scores"]
    probability, unusual = -1.0, math.inf
    if held >= enough:
        start, scale, step = tail(ranked, held)
        unusual = start + scale * b.unusual_lengths[step]
        probability = tail_probability(ranked, held, start, scale, step, score)
    remember_usual(key, in_order, ranked, score, unusual, shingle_size)
    return probability


@kernel
def conclude(
    b: Keys, row: int, i: int, score: float, warm: bool, shingle_size: int, out: Decisions
) -> None:
    """Judge the score of record i by a row's recent ones, and remember it."""
    unusual = math.inf
    if b.keys[row]["scores"] >= ENOUGH:
        unusual = judge(b, row, i, score, warm, out)
    remember_usual(b.keys[row], b.in_order[row], b.ranked[row], score, unusual, shingle_size)
