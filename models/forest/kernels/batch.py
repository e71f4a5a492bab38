"""A whole batch in one call: each record of each key is scored by its forest, then learned."""

from __future__ import annotations

from models.compiled import Doubles, Floats, Ints, kernel
from models.forest.kernels.attribution import attribute
from models.forest.kernels.gains import NO_SCORE
from models.forest.kernels.layout import READY, Forests
from models.forest.kernels.learn import learn_newest
from models.forest.kernels.score import score
from models.forest.kernels.store import needs, newest_offset, push_record


@kernel
def score_newest(f: Forests, slot: int, kind: int) -> float:
    """Score of the newest shingle; 0 while there is none or no sample."""
    if kind == NO_SCORE or f.slots[slot]["seen"] < f.shingle_size:
        return 0.0
    return score(f, slot, f.records, newest_offset(f, slot), kind)


@kernel
def score_and_learn(
    f: Forests, slots: Ints, records: Floats, kind: int, start: int, scores: Doubles
) -> tuple[int, int]:
    """Push, score, then learn records[start:] in order; scores[i] is that of record i before it was learned.

    Stops before the first record whose slot needs more room: returns (records done, that need or READY).
    """
    for i in range(start, len(slots)):
        slot = slots[i]
        need = needs(f, slot, 1)
        if need != READY:
            return i, need
        push_record(f, slot, records, i * f.n_features)
        scores[i] = score_newest(f, slot, kind)
        learn_newest(f, slot)
    return len(slots), READY


@kernel
def score_points(f: Forests, slot: int, points: Floats, kind: int, scores: Doubles) -> None:
    """Score full points (n * dimensions values) against a slot, learning nothing."""
    dims = f.n_features * f.shingle_size
    for i in range(len(scores)):
        scores[i] = score(f, slot, points, i * dims, kind)


@kernel
def attribute_points(f: Forests, slot: int, points: Floats, shares: Doubles) -> None:
    """Attribution of full points (n * dimensions values) into shares (n, 2, dimensions), learning nothing."""
    dims = f.n_features * f.shingle_size
    for i in range(len(shares)):
        attribute(f, slot, points, i * dims, shares[i])
