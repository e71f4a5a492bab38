"""From raw score to tail probability: a key's own recent scores, and an exponential tail beyond them.

The scores of the last WINDOW records are kept sorted. Below their 95 % quantile the tail probability is the share of
them that is at least as high. Beyond it, excesses are taken as exponential with their mean (peaks over threshold, as in
Siffer et al. 2017, with shape zero), shrunk towards a prior while few were seen.
"""

from __future__ import annotations

import math

import numpy as np

from models.compiled import Floats, kernel

WINDOW = 512
TAIL = 0.05
PRIOR_WEIGHT = 5.0
PRIOR_EXCESS = 0.1
"""Mean excess before any was seen, as a share of the median score."""
LEAST_EXCESS = 0.01
ENOUGH = 16
"""Scores held before there is a threshold."""
PATIENCE = 8
"""Of consecutive scores above the threshold, only the first and then each PATIENCE-th is remembered, so that an anomaly
does not become usual while it lasts, but a lasting change does in time."""


@kernel
def tail(ranked: Floats, held: int) -> tuple[float, float]:
    """(start, mean excess) of the upper tail of `held` >= 2 ascending scores."""
    place = (1.0 - TAIL) * (held - 1)
    below = int(place)
    above = min(below + 1, held - 1)
    start = ranked[below] + (place - below) * float(ranked[above] - ranked[below])
    total, count = 0.0, 0
    for i in range(below + 1, held):
        total += max(ranked[i] - start, 0.0)
        count += 1
    median = float(ranked[held // 2])
    mean = (total + PRIOR_WEIGHT * PRIOR_EXCESS * median) / (count + PRIOR_WEIGHT)
    return start, max(mean, LEAST_EXCESS * median, 1e-12)


@kernel
def tail_probability(ranked: Floats, held: int, start: float, excess: float, score: float) -> float:
    """Share of usual scores that are at least as high, in (0, 1]."""
    if score >= start:
        return TAIL * math.exp(-(score - start) / excess)
    higher = held - rank(ranked, held, score)
    return max((higher + 1.0) / (held + 1.0), TAIL)


@kernel
def rank(ranked: Floats, held: int, score: float) -> int:
    """How many of `held` ascending scores are below `score`."""
    low, high = 0, held
    while low < high:
        middle = (low + high) // 2
        if ranked[middle] < score:
            low = middle + 1
        else:
            high = middle
    return low


@kernel
def remember_usual(
    key: np.void, in_order: Floats, ranked: Floats, score: float, threshold: float
) -> None:
    """Take a score into the window if it is usual or its turn has come, and never as more than the threshold."""
    run = key["beyond"]
    key["beyond"] = run + 1 if score > threshold else 0
    if run % PATIENCE == 0 or score <= threshold:
        remember(key, in_order, ranked, np.float32(min(score, threshold)))


@kernel
def remember(key: np.void, in_order: Floats, ranked: Floats, score: float) -> None:
    """Take a score (float32) into the window; a full window lets the oldest go."""
    held = key["scores"]
    if held == WINDOW:
        place = key["oldest"]
        gone = rank(ranked, held, in_order[place])
        for i in range(gone, held - 1):
            ranked[i] = ranked[i + 1]
        held -= 1
        in_order[place] = score
        key["oldest"] = (place + 1) % WINDOW
    else:
        in_order[held] = score
        key["scores"] = held + 1
    to = rank(ranked, held, score)
    for i in range(held, to, -1):
        ranked[i] = ranked[i - 1]
    ranked[to] = score
