"""How a record comes in: missing values imputed, all values normalised; the first ones of a key wait to settle."""

from __future__ import annotations

import math

import numpy as np

from models.compiled import Doubles, kernel
from models.detector.decisions import Decisions
from models.detector.kernels.layout import Keys, Scratch
from models.detector.kernels.normalise import ROOM, normalised, update
from models.forest.kernels.layout import Forests
from models.forest.kernels.learn import learn_newest
from models.forest.kernels.store import push_record


@kernel
def impute(b: Keys, slot: int, records: Doubles, i: int, out: Decisions) -> None:
    """Note the values of record i, the newest present value for each missing one, and how many were missing.

    Before any present value there is nothing to impute: the value noted is 0.
    """
    key = b.keys[slot]
    imputed = 0
    for j in range(b.features.shape[1]):
        value = records[i, j]
        if math.isnan(value):
            value = b.features[slot, j]["value"]
            out.imputed[i, j] = True
            imputed += 1
        out.values[i, j] = value
    b.imputed[slot, key["imputed_at"]] = imputed
    key["imputed_at"] = (key["imputed_at"] + 1) % b.imputed.shape[1]


@kernel
def collect(b: Keys, slot: int, records: Doubles, i: int, place: int) -> None:
    """Keep a record of the settling phase; where no value was ever present, the place stays unknown."""
    learn_scale(b, slot, records, i)
    for j in range(b.features.shape[1]):
        feature = b.features[slot, j]
        b.buffer[slot, place, j] = feature["value"] if feature["count"] > 0 else math.nan


@kernel
def settle(b: Keys, f: Forests, slot: int, scratch: Scratch) -> None:
    """Normalise the collected records by what they have in common, and learn them."""
    held = b.keys[slot]["settle"]
    for j in range(b.features.shape[1]):
        feature = b.features[slot, j]
        if feature["count"] > 0:
            feature["centre"] = median(b.buffer, slot, j, held)
            feature["scale"] = ROOM * math.sqrt(feature["variance"])
    for place in range(held):
        for j in range(b.features.shape[1]):
            value = b.buffer[slot, place, j]
            scratch.record[j] = np.float32(normalised(b.features[slot, j], value))
        push_record(f, slot, scratch.record, 0)
        if f.slots[slot]["seen"] >= f.shingle_size:
            learn_newest(f, slot)


@kernel
def median(buffer: Doubles, slot: int, j: int, held: int) -> float:
    """The lower median of what is known of a feature's collected values; at least one is."""
    known = 0
    for place in range(held):
        known += not math.isnan(buffer[slot, place, j])
    for place in range(held):
        value = buffer[slot, place, j]
        below, equal = 0, 0
        for other in range(held):
            below += buffer[slot, other, j] < value
            equal += buffer[slot, other, j] == value
        if below <= (known - 1) // 2 < below + equal:
            break
    return value


@kernel
def push(b: Keys, f: Forests, slot: int, records: Doubles, i: int, scratch: Scratch) -> None:
    """Learn the scale of record i, normalise it, and append it to the slot's records."""
    learn_scale(b, slot, records, i)
    for j in range(b.features.shape[1]):
        feature = b.features[slot, j]
        scratch.record[j] = np.float32(normalised(feature, feature["value"]))
    push_record(f, slot, scratch.record, 0)


@kernel
def learn_scale(b: Keys, slot: int, records: Doubles, i: int) -> None:
    """Learn the location and scale of the values that are present."""
    for j in range(b.features.shape[1]):
        if not math.isnan(records[i, j]):
            update(b.features[slot, j], records[i, j], b.decay)
