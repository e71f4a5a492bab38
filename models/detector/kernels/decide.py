"""One record: take it in, score it, judge the score, explain, learn."""

from __future__ import annotations

import math

from models.compiled import Doubles, Ints, inlined, kernel
from models.detector.decisions import Decisions
from models.detector.kernels.calibrate import ENOUGH, remember_usual, tail, tail_probability
from models.detector.kernels.explain import explain
from models.detector.kernels.intake import collect, impute, push, settle
from models.detector.kernels.layout import Keys, Scratch
from models.forest.kernels.batch import score_newest
from models.forest.kernels.layout import READY, Forests
from models.forest.kernels.learn import learn_newest
from models.forest.kernels.store import needs

WARMING, NORMAL, ANOMALY = 0, 1, 2
CEILING = 0.875
"""The threshold goes no further of the way from the tail's start to the greatest score, so that it can be passed."""


@kernel
def decide_batch(
    b: Keys,
    f: Forests,
    slots: Ints,
    records: Doubles,
    order: Ints,
    start: int,
    details: int,
    out: Decisions,
    scratch: Scratch,
) -> tuple[int, int, int]:
    """Process records (n, features; NaN = missing) in the order of order[start:].

    Stops before the first record whose slot needs more room: returns (records done, details used, need or READY).
    """
    for done in range(start, len(order)):
        i = order[done]
        slot = slots[i]
        key = b.keys[slot]
        settling = key["observations"] + 1 == key["settle"]
        need = needs(f, slot, key["settle"] if settling else 1)
        if need != READY:
            return done, details, need
        details = decide(b, f, slot, records, i, details, out, scratch)
    return len(order), details, READY


@kernel
def decide(
    b: Keys,
    f: Forests,
    slot: int,
    records: Doubles,
    i: int,
    details: int,
    out: Decisions,
    scratch: Scratch,
) -> int:
    """Decide on record i and learn it; returns the number of details used."""
    key = b.keys[slot]
    observations = receive(b, slot, records, i, out)
    if observations <= key["settle"]:
        collect(b, slot, records, i, observations - 1)
        if observations == key["settle"]:
            settle(b, f, slot, scratch)
        return details

    push(b, f, slot, records, i, scratch)
    unusual = assess(b, f, slot, i, out)
    # A quarter of the warm-up passes before scores count: the first ones come from a handful of points.
    counts = observations > key["settle"] + max(b.warm - key["settle"], 0) // 4
    if counts and f.slots[slot]["seen"] > f.shingle_size:
        in_order, ranked = b.in_order[slot], b.ranked[slot]
        remember_usual(key, in_order, ranked, out.score[i], unusual, f.shingle_size)
    if out.status[i] == ANOMALY:
        out.detail[i] = details
        explain(b, f, slot, details, out, scratch)
        details += 1
    if f.slots[slot]["seen"] >= f.shingle_size:
        learn_newest(f, slot)
    return details


@inlined
def receive(b: Keys, slot: int, records: Doubles, i: int, out: Decisions) -> int:
    """Count record i and note its values; returns how many records of the key there were."""
    key = b.keys[slot]
    observations = key["observations"] + 1
    key["observations"] = observations
    out.observations[i] = observations
    out.detail[i] = -1
    out.probability[i] = 1.0
    impute(b, slot, records, i, out)
    return observations


@inlined
def assess(b: Keys, f: Forests, slot: int, i: int, out: Decisions) -> float:
    """Score record i, the newest of its slot, and judge the score; returns the greatest score that is usual."""
    key = b.keys[slot]
    score = score_newest(f, slot, b.score_kind)
    out.score[i] = score
    out.confidence[i] = confidence(b, f, slot)
    if key["scores"] < ENOUGH:
        return math.inf
    return judge(b, slot, i, score, key["observations"] > b.warm, out)


@kernel
def judge(b: Keys, slot: int, i: int, score: float, warm: bool, out: Decisions) -> float:
    """Hold a score against the key's own; returns the greatest score that is usual.

    The grade reaches 1 where the tail probability is the square of the alarm rate, or at the greatest possible score.
    """
    ranked, held = b.ranked[slot], b.keys[slot]["scores"]
    start, scale, step = tail(ranked, held)
    unusual = start + scale * b.unusual_lengths[step]
    room = max(b.greatest - start, 1e-3 * b.greatest)
    scale = min(scale, CEILING * room / b.lengths[step])
    threshold = start + scale * b.lengths[step]
    if warm:
        out.threshold[i] = threshold
        probability = tail_probability(ranked, held, start, scale, step, score)
        out.probability[i] = max(probability, 1e-300)
        out.status[i] = NORMAL
        if score > threshold:
            out.status[i] = ANOMALY
            full = min(start + scale * b.grade_lengths[step], start + room)
            out.grade[i] = min((score - threshold) / (full - threshold), 1.0)
    return unusual


@kernel
def confidence(b: Keys, f: Forests, slot: int) -> float:
    """Share of the reservoir that is filled, times the share of the newest shingle that was not imputed."""
    imputed = 0
    for i in range(b.imputed.shape[1]):
        imputed += int(b.imputed[slot, i])
    whole = 1.0 - imputed / (f.n_features * f.shingle_size)
    return whole * f.sizes[slot, 0] / f.sample_size
