"""Bands around forecasts that hold their promise: adaptive conformal inference, per step, feature and side.

Gibbs & Candes 2021: Adaptive Conformal Inference Under Distribution Shift. A side of a band is a quantile of the last
errors on that side; which quantile follows what was missed: too many misses widen it, too few narrow it. So the share
of misses is that of the tail whatever the errors' distribution, and also after it changed.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from models.compiled import Doubles, Flags, Floats, Ints, index, inlined, kernel
from models.forest.kernels.batch import score_and_learn
from models.forest.kernels.forecast import forecast
from models.forest.kernels.layout import READY, Forests

WINDOW = 128
"""Errors remembered per step and feature."""
FEW = 20
"""With fewer errors than these, a band is what the trees' near neighbours say."""
RATE = 0.03
"""How far one miss moves the quantile; Gibbs & Candes take 0.005 and more: faster follows changes sooner, and makes
bands less steady."""
FURTHER = 0.1
"""Once a quantile is beyond all errors, each further miss moves a side out by this part of their range."""
WIDEST, NARROWEST = -1.0, 0.5
"""Bounds of the quantile: a constant series must not narrow a band beyond its middle, nor a wild one widen it for
ever."""


class Bands(NamedTuple):
    """Errors and open forecasts of one forest, for H steps ahead."""

    tail: float
    """Share of the values that may be missed on each side."""
    errors: Floats
    """(H, features, WINDOW): value minus forecast, the last ones, in the order in which they came, cyclic."""
    ordered: Floats
    """The same, in ascending order."""
    counts: Ints
    """(H, features): errors so far."""
    levels: Doubles
    """(H, features, 2): the quantile in force of the lower and of the upper side."""
    made: Ints
    """(H,): after how many records each open forecast was made."""
    expected: Doubles
    """(H, H, features): the open forecasts."""
    lower: Doubles
    upper: Doubles
    shingle: Floats
    """(dimensions,): scratch, as `missing`, which marks the newest record."""
    missing: Flags


@kernel
def learn_and_calibrate(
    f: Forests,
    slots: Ints,
    records: Floats,
    observed: Flags,
    kind: int,
    start: int,
    scores: Doubles,
    b: Bands,
) -> tuple[int, int]:
    """score_and_learn; each record is also compared with the forecasts of it, and the next ones are forecast.

    `observed` (n * features) says which values were not filled in. All slots are the same.
    """
    width = f.n_features
    for i in range(start, len(slots)):
        values = records[i * width : (i + 1) * width]
        _, need = score_and_learn(f, slots[i : i + 1], values, kind, 0, scores[i : i + 1])
        if need != READY:
            return i, need
        observe(b, values, observed[i * width : (i + 1) * width], f.slots[slots[i]]["seen"] - 1)
        foresee(f, slots[i], b)
    return len(slots), READY


@kernel
def observe(b: Bands, values: Floats, observed: Flags, number: int) -> None:
    """Compare a record with what was forecast of it."""
    horizon = len(b.made)
    for step in range(min(horizon, number)):
        at = (number - step) % horizon
        if b.made[at] != number - step:
            continue
        for i in range(len(values)):
            if observed[i]:
                value = np.float64(values[i])
                if b.counts[step, i] >= FEW:
                    _adapt(b, step, i, 0, value < b.lower[at, step, i])
                    _adapt(b, step, i, 1, value > b.upper[at, step, i])
                # Adding zero turns -0.0 into 0.0.
                _remember(b, step, i, np.float32(value - b.expected[at, step, i] + 0.0))


@inlined
def _adapt(b: Bands, step: int, i: int, side: int, missed: bool) -> None:
    level = b.levels[step, i, side] + RATE * (b.tail - (1.0 if missed else 0.0))
    b.levels[step, i, side] = min(max(level, WIDEST), NARROWEST)


@kernel
def _remember(b: Bands, step: int, i: int, error: np.float32) -> None:
    """Put an error in the place of the oldest one."""
    count, ordered = b.counts[step, i], b.ordered[step, i]
    at, held = count % WINDOW, min(count, WINDOW)
    if count >= WINDOW:
        gone, j = b.errors[step, i, at], 0
        while ordered[j] != gone:
            j += 1
        while j < held - 1:
            ordered[j] = ordered[j + 1]
            j += 1
        held -= 1
    j = held
    while j > 0 and ordered[j - 1] > error:
        ordered[j] = ordered[j - 1]
        j -= 1
    ordered[j] = error
    b.errors[step, i, at] = error
    b.counts[step, i] = count + 1


@kernel
def foresee(f: Forests, slot: int, b: Bands) -> None:
    """Forecast the next records, with bands, to compare them with what comes."""
    row, horizon = f.slots[slot], len(b.made)
    held = 0
    for tree in range(f.n_trees):
        held += f.sizes[slot, tree]
    if held == 0:
        return
    at = row["seen"] % horizon
    start = (row["record_start"] + row["records"] - f.shingle_size) * f.n_features
    for i in range(f.n_features * f.shingle_size):
        b.shingle[i] = f.records[start + i]
    forecast(f, slot, b.shingle, b.missing, b.expected[at], b.lower[at], b.upper[at])
    calibrate(b, b.expected[at], b.lower[at], b.upper[at])
    b.made[at] = row["seen"]


@kernel
def calibrate(b: Bands, expected: Doubles, lower: Doubles, upper: Doubles) -> None:
    """Put the bands of each step into lower and upper (steps, features); steps beyond those of `b` take its last.

    Where errors are few, they are left as they are.
    """
    for step in range(len(expected)):
        known = min(step, len(b.made) - 1)
        for i in range(index(expected.shape[1])):
            held = min(b.counts[known, i], WINDOW)
            if held < FEW:
                continue
            ordered = b.ordered[known, i]
            low, high = ordered[0], ordered[held - 1]
            span = np.float64(high) - np.float64(low)
            below, above = b.levels[known, i, 0], b.levels[known, i, 1]
            lower[step, i] = expected[step, i] + _quantile(ordered, held, below, False, span)
            upper[step, i] = expected[step, i] + _quantile(ordered, held, above, True, span)


@inlined
def _quantile(ordered: Floats, held: int, level: float, from_above: bool, span: float) -> float:
    """The error that a share `level` of errors lies beyond; below a level of 0, further out than any of them."""
    place = max(int(level * (held + 1)) - 1, 0)
    further = max(-level, 0.0) / RATE * FURTHER * span
    if from_above:
        return np.float64(ordered[held - 1 - place]) + further
    return np.float64(ordered[place]) - further
