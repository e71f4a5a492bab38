"""Gaps between records that come at irregular times, as multiples of the usual gap."""

from __future__ import annotations

import numpy as np

from models.compiled import Doubles, kernel

LAST, USUAL, GAPS, KNOWN = range(4)
"""Columns of a clock: time of the last record, the usual gap, how many gaps it is the mean of (-1 before any record),
and the last time that was not missing, which the last record's may lie beyond."""
CLOCK = 4

MEMORY = 0.01
"""Weight of the newest gap in the usual one, once a hundred gaps were seen."""

LONGEST = 1e6
"""A gap of more usual ones than these counts as so many."""


@kernel
def ratio(clock: Doubles, time: float) -> float:
    """The gap up to a time, as a multiple of the usual one; 1 where nothing is known of it."""
    if np.isnan(time) or clock[GAPS] < 1.0 or clock[USUAL] <= 0.0:
        return 1.0
    return min(max(time - clock[LAST], 0.0) / clock[USUAL], LONGEST)


@kernel
def tick(clock: Doubles, times: Doubles, ratios: Doubles) -> None:
    """Go on to each of the times in turn; ratios[i] is the gap up to times[i]. NaN is one usual gap later."""
    for i in range(len(times)):
        ratios[i] = ratio(clock, times[i])
        if np.isnan(times[i]):
            clock[LAST] += clock[USUAL]
            continue
        gap = max(times[i] - clock[LAST], 0.0)
        clock[LAST] = clock[KNOWN] = times[i]
        clock[GAPS] += 1.0
        if clock[GAPS] > 0.0:
            clock[USUAL] += (gap - clock[USUAL]) * max(1.0 / clock[GAPS], MEMORY)
