"""One record: normalise, shingle, score, decide, explain, learn."""

from __future__ import annotations

import math

import numpy as np

from models.compiled import Doubles, Ints, kernel
from models.detector.kernels.calibrate import ENOUGH, remember_usual, tail, tail_probability
from models.detector.kernels.layout import Keys, Outputs, Scratch
from models.detector.kernels.normalise import normalised, restored, update
from models.forest.kernels.attribution import attribute
from models.forest.kernels.batch import score_newest
from models.forest.kernels.layout import READY, Forests
from models.forest.kernels.learn import learn_newest
from models.forest.kernels.neighbours import expected_newest
from models.forest.kernels.store import needs, newest_offset, push_record

WARMING, NORMAL, ANOMALY = 0, 1, 2
BLAMED = 0.1
"""A feature with a larger share of the score is taken as unknown when asking what was expected without shingles."""


@kernel
def decide_batch(
    b: Keys,
    f: Forests,
    slots: Ints,
    records: Doubles,
    start: int,
    details: int,
    out: Outputs,
    scratch: Scratch,
) -> tuple[int, int, int]:
    """Process records[start:] (n, features; NaN = missing) in order.

    Stops before the first record whose slot needs more room: returns (records done, details used, need or READY).
    """
    for i in range(start, len(slots)):
        slot = slots[i]
        settling = b.keys[slot]["observations"] + 1 == b.settle
        need = needs(f, slot, b.settle if settling else 1)
        if need != READY:
            return i, details, need
        details = decide(b, f, slot, records, i, details, out, scratch)
    return len(slots), details, READY


@kernel
def decide(
    b: Keys,
    f: Forests,
    slot: int,
    records: Doubles,
    i: int,
    details: int,
    out: Outputs,
    scratch: Scratch,
) -> int:
    """Decide on record i and learn it; returns the number of details used."""
    key = b.keys[slot]
    observations = key["observations"] + 1
    key["observations"] = observations
    out.observations[i] = observations
    out.detail[i] = -1
    out.probability[i] = 1.0
    if observations <= b.settle:
        collect(b, slot, records, i, observations - 1, out)
        if observations == b.settle:
            settle(b, f, slot, scratch)
        return details

    take_record(b, f, slot, records, i, out, scratch)
    push_record(f, slot, scratch.record, 0)
    score = score_newest(f, slot, b.score_kind)
    out.score[i] = score
    out.confidence[i] = confidence(b, f, slot)
    threshold = math.inf
    if key["scores"] >= ENOUGH:
        begin, excess = tail(b.ranked[slot], key["scores"])
        threshold = begin + excess * b.tail_length
    if observations > b.warm and key["scores"] >= ENOUGH:
        out.threshold[i] = threshold
        out.probability[i] = max(
            tail_probability(b.ranked[slot], key["scores"], begin, excess, score), 1e-300
        )
        out.status[i] = NORMAL
        if score > threshold:
            out.status[i] = ANOMALY
            out.grade[i] = min((score - threshold) / (excess * b.grade_length), 1.0)
            out.detail[i] = details
            explain(b, f, slot, details, out, scratch)
            details += 1
    # A quarter of the warm-up passes before scores count: the first ones come from a handful of points.
    if observations > b.settle + (b.warm - b.settle) // 4 and f.slots[slot]["seq"] > 0:
        remember_usual(key, b.in_order[slot], b.ranked[slot], score, threshold)
    if f.slots[slot]["seen"] >= f.shingle_size:
        learn_newest(f, slot)
    return details


@kernel
def collect(b: Keys, slot: int, records: Doubles, i: int, place: int, out: Outputs) -> None:
    """Keep a record of the settling phase as it came."""
    for j in range(b.features.shape[1]):
        value = records[i, j]
        b.buffer[slot, place, j] = value
        out.imputed[i, j] = math.isnan(value)
        out.values[i, j] = 0.0 if math.isnan(value) else value
        if out.imputed[i, j] and b.features[slot, j]["count"] > 0:
            out.values[i, j] = b.features[slot, j]["mean"]
        if not out.imputed[i, j]:
            update(b.features[slot, j], value, b.decay)


@kernel
def settle(b: Keys, f: Forests, slot: int, scratch: Scratch) -> None:
    """Normalise the collected records by what they have in common, and learn them."""
    key = b.keys[slot]
    for place in range(b.settle):
        imputed = 0
        for j in range(b.features.shape[1]):
            value = b.buffer[slot, place, j]
            if math.isnan(value):
                scratch.record[j] = last_value(f, slot, j)
                imputed += 1
            else:
                scratch.record[j] = normalised(b.features[slot, j], value)
        count_imputed(b, key, slot, imputed)
        push_record(f, slot, scratch.record, 0)
        if f.slots[slot]["seen"] >= f.shingle_size:
            learn_newest(f, slot)


@kernel
def take_record(
    b: Keys, f: Forests, slot: int, records: Doubles, i: int, out: Outputs, scratch: Scratch
) -> None:
    """Normalise record i into scratch.record, imputing what is missing, and learn its scale."""
    imputed = 0
    for j in range(b.features.shape[1]):
        feature, value = b.features[slot, j], records[i, j]
        if math.isnan(value):
            z = last_value(f, slot, j)
            out.values[i, j] = restored(feature, z)
            out.imputed[i, j] = True
            imputed += 1
        else:
            z = normalised(feature, value)
            out.values[i, j] = value
            out.imputed[i, j] = False
            update(feature, value, b.decay)
        scratch.record[j] = z
    count_imputed(b, b.keys[slot], slot, imputed)


@kernel
def last_value(f: Forests, slot: int, j: int) -> float:
    """The newest normalised value of a feature; 0, its mean, before any."""
    row = f.slots[slot]
    if row["records"] == 0:
        return 0.0
    return float(f.records[(row["record_start"] + row["records"] - 1) * f.n_features + j])


@kernel
def count_imputed(b: Keys, key: np.void, slot: int, imputed: int) -> None:
    """Note how many values of the newest record were imputed."""
    b.imputed[slot, key["imputed_at"]] = imputed
    key["imputed_at"] = (key["imputed_at"] + 1) % b.imputed.shape[1]


@kernel
def confidence(b: Keys, f: Forests, slot: int) -> float:
    """Share of the reservoir that is filled, times the share of the newest shingle that was not imputed."""
    imputed = 0
    for i in range(b.imputed.shape[1]):
        imputed += int(b.imputed[slot, i])
    whole = 1.0 - imputed / (f.n_features * f.shingle_size)
    return whole * f.sizes[slot, 0] / f.sample_size


@kernel
def explain(b: Keys, f: Forests, slot: int, row: int, out: Outputs, scratch: Scratch) -> None:
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
