"""From raw score to tail probability: a key's own recent scores, and a generalised Pareto tail beyond them.

The scores of the last WINDOW records are kept sorted. Below their 90 % quantile the tail probability is the share of
them that is at least as high. Beyond it, excesses follow a generalised Pareto distribution (peaks over threshold, as in
Siffer et al. 2017). Its two parameters come from the first two L-moments of the excesses (Hosking & Wallis 1987), drawn
towards a prior while few were seen. The shape is rounded to a step, so that its meaning for a threshold stands in a
table, and no decision hangs on a power or a logarithm.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from models.compiled import Floats, kernel

WINDOW = 512
TAIL = 0.1
PRIOR_WEIGHT = 5.0
PRIOR_EXCESS = 0.2
"""Mean excess before any was seen, as a share of the median score."""
LEAST_EXCESS = 0.01
SHAPE_WEIGHT = 50.0
PRIOR_SHAPE = 0.3
LOWEST_SHAPE, HIGHEST_SHAPE, SHAPE_STEPS = -0.5, 0.40625, 64
ENOUGH = 16
"""Scores held before there is a threshold."""
UNUSUAL = 2e-3
"""Scores beyond this tail probability are remembered as if just there, whatever the alarm rate."""
GRACE = 64
"""One odd record stays in a whole shingle, so a run of unusual scores is remembered for as long as a shingle, but for
no more than one GRACE-th of the window: a young one would be swamped."""
PATIENCE = 8
"""Later ones of the run are remembered only one in PATIENCE, so that an anomaly does not become usual while it lasts,
but a lasting change does in time."""


def tail_lengths(rate: float) -> NDArray[np.float64]:
    """(shapes,): how many scales above the tail's start the tail probability has fallen to `rate` <= TAIL."""
    ratio = TAIL / max(rate, 1e-300)
    steps = round((HIGHEST_SHAPE - LOWEST_SHAPE) * SHAPE_STEPS) + 1
    shapes = [LOWEST_SHAPE + step / SHAPE_STEPS for step in range(steps)]
    lengths = [(ratio**shape - 1.0) / shape if shape else math.log(ratio) for shape in shapes]
    # Nine significant digits hide the last bits, in which powers of two machines may differ.
    return np.array([float(f"{length:.9g}") for length in lengths])


@kernel
def tail(ranked: Floats, held: int) -> tuple[float, float, int]:
    """(start, scale, step of the shape) of the upper tail of `held` >= ENOUGH ascending scores."""
    place = (1.0 - TAIL) * (held - 1)
    below = int(place)
    start = ranked[below] + (place - below) * np.float64(ranked[below + 1] - ranked[below])
    total, weighted = 0.0, 0.0
    for i in range(below + 1, held):
        excess = max(ranked[i] - start, 0.0)
        total += excess
        weighted += excess * (held - 1 - i)
    count = held - 1 - below
    shape = PRIOR_SHAPE
    if total > 0.0:
        found = LOWEST_SHAPE
        l_scale = total - 2.0 * weighted / (count - 1)
        # Asked this way round, because excesses that are all equal have no L-scale to divide by.
        if l_scale * (2.0 - LOWEST_SHAPE) > total:
            found = min(2.0 - total / l_scale, HIGHEST_SHAPE)
        shape += (found - PRIOR_SHAPE) * count / (count + SHAPE_WEIGHT)
    step = int((shape - LOWEST_SHAPE) * SHAPE_STEPS + 0.5)
    median = np.float64(ranked[held // 2])
    mean = (total + PRIOR_WEIGHT * PRIOR_EXCESS * median) / (count + PRIOR_WEIGHT)
    return start, max(mean, LEAST_EXCESS * median, 1e-12) * (1.0 - shape_of(step)), step


@kernel
def shape_of(step: int) -> float:
    """The shape that a step stands for."""
    return LOWEST_SHAPE + step / SHAPE_STEPS


@kernel
def tail_probability(
    ranked: Floats, held: int, start: float, scale: float, step: int, score: float
) -> float:
    """Share of usual scores that are at least as high, in [0, 1]."""
    if score < start:
        higher = held - rank(ranked, held, score)
        return max((higher + 1.0) / (held + 1.0), TAIL)
    excess, shape = (score - start) / scale, shape_of(step)
    if shape == 0.0:
        return TAIL * math.exp(-excess)
    return TAIL * max(1.0 + shape * excess, 0.0) ** (-1.0 / shape)


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
    key: np.void,
    in_order: Floats,
    ranked: Floats,
    score: float,
    unusual: float,
    shingle_size: int,
) -> None:
    """Take a score into the window, as at most `unusual`, if it is usual or its turn has come."""
    run = key["beyond"]
    key["beyond"] = run + 1 if score > unusual else 0
    grace = min(shingle_size, key["scores"] // GRACE)
    if score <= unusual or run < grace or run % PATIENCE == 0:
        remember(key, in_order, ranked, np.float32(min(score, unusual)))


@kernel
def remember(key: np.void, in_order: Floats, ranked: Floats, score: float) -> None:
    """Take a score (float32) into the window; a full window lets the oldest go."""
    held = key["scores"]
    if held == WINDOW:
        place = key["oldest"]
        at = rank(ranked, held, in_order[place])
        in_order[place] = score
        key["oldest"] = (place + 1) % WINDOW
    else:
        at = held
        in_order[held] = score
        key["scores"] = held + 1
    # The place that has become free wanders to where the score belongs.
    while at + 1 < held and ranked[at + 1] < score:
        ranked[at] = ranked[at + 1]
        at += 1
    while at > 0 and ranked[at - 1] > score:
        ranked[at] = ranked[at - 1]
        at -= 1
    ranked[at] = score
