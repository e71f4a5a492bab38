"""Why a record is an anomaly: whose fault it is, and what was expected instead."""

from __future__ import annotations

from models.compiled import kernel
from models.detector.decisions import Decisions
from models.detector.kernels.layout import Keys, Scratch
from models.detector.kernels.normalise import restored
from models.forest.kernels.attribution import attribute
from models.forest.kernels.layout import Forests
from models.forest.kernels.neighbours import expected_newest
from models.forest.kernels.store import newest_offset

BLAMED = 0.1
"""A feature with a larger share of the score is taken as unknown when asking what was expected without shingles."""


@kernel
def explain(b: Keys, f: Forests, slot: int, row: int, out: Decisions, scratch: Scratch) -> None:
    """Attribution, and what the newest record was expected to be, of the newest shingle.

    With a shingle, the newest record is asked for given the records before it; without, the blamed features given the
    others.
    """
    x, width = newest_offset(f, slot), f.n_features
    attribute(f, slot, f.records, x, scratch.shares)
    total = 0.0
    for j in range(width):
        for side in range(2):
            share = 0.0
            for lag in range(f.shingle_size):
                share += scratch.shares[side, lag * width + j]
            out.attribution[row, j, side] = share
            total += share
    for j in range(width):
        for side in range(2):
            out.attribution[row, j, side] /= max(total, 1e-300)
    for j in range(width * f.shingle_size):
        scratch.missing[j] = False
    for j in range(width):
        blamed = out.attribution[row, j, 0] + out.attribution[row, j, 1] > BLAMED
        scratch.missing[width * (f.shingle_size - 1) + j] = blamed or f.shingle_size > 1
    expected_newest(
        f, slot, f.records, x, scratch.missing, scratch.middle, scratch.low, scratch.high
    )
    for j in range(width):
        out.expected[row, j] = restored(b.features[slot, j], scratch.middle[j])
        out.lower[row, j] = restored(b.features[slot, j], scratch.low[j])
        out.upper[row, j] = restored(b.features[slot, j], scratch.high[j])
