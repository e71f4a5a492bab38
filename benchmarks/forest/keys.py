"""Many keys in random order: what a record costs when its forest lies in no cache."""

from __future__ import annotations

from contextlib import ExitStack, closing
from functools import partial

from benchmarks.forest.figures import Figures
from benchmarks.forest.line_up import (
    COMPACT,
    JAVA,
    JAVA_COMPACT,
    JAVA_WARMUP,
    OURS,
    RCF3,
    RUST,
    warmed,
)
from benchmarks.forest.speed import GOALS
from benchmarks.forest.stream import TYPICAL, WARMUP, trial
from benchmarks.measure import note, rates
from benchmarks.peers import Trial
from benchmarks.peers.java.building import missing
from benchmarks.peers.java.forest import JavaForest
from benchmarks.peers.krcf import Krcf
from benchmarks.peers.many import JavaKeys, Keys, KrcfKeys, OurKeys, Rcf3Keys
from benchmarks.peers.ours import Ours
from benchmarks.peers.rcf3 import Rcf3

N_TREES = 50
TURN = 2_000
HEAP = 3_072
"""MiB for Java's many forests."""


def counts(*, quick: bool) -> dict[str, int]:
    """How many keys each has: the peers need so much memory for one that fewer lie beyond all caches as well."""
    ours, theirs, largest = (2_000, 200, 200) if quick else (10_000, 1_000, 500)
    few = dict.fromkeys((RUST, JAVA, JAVA_COMPACT), theirs)
    return {OURS: ours, COMPACT: ours, RCF3: largest, **few}


def measure(figures: Figures, *, quick: bool) -> None:
    """Records per second at the typical shape, in turns."""
    rounds, n_keys = 3 if quick else 9, counts(quick=quick)
    given = trial(TYPICAL, N_TREES, max(JAVA_WARMUP, (rounds + 1) * TURN))
    with ExitStack() as stack:
        note("keys: many copies of each filled forest")
        kept = keys_of(given, n_keys, stack)
        for keys in kept.values():
            keys.score_learn(TURN)
        tasks = {name: (TURN, partial(_turn, keys)) for name, keys in kept.items()}
        found = rates(tasks, rounds, {name: keys.clock for name, keys in kept.items()})
    said = f"{TYPICAL}, {N_TREES} trees, random keys: score + learn,"
    for name, rate in found.items():
        figures.results[f"{said} {name}, {n_keys[name]:,} keys (points/s)"] = rate
    for ours, peer, goal in GOALS:
        if peer in found:
            figures.compare(f"{said} {ours} / {peer}", found[ours], found[peer], goal)


def keys_of(given: Trial, n_keys: dict[str, int], stack: ExitStack) -> dict[str, Keys]:
    """Name -> many copies of one filled forest."""
    kept: dict[str, Keys] = {}
    for name in () if missing() else (JAVA, JAVA_COMPACT):
        filled = stack.enter_context(closing(JavaForest(given, "core", HEAP)))
        filled.do("score_learn", JAVA_WARMUP)
        kept[name] = JavaKeys(given, n_keys[name], filled)
        if name == JAVA_COMPACT:
            filled.drop_boxes()
    kept[RCF3] = Rcf3Keys(given, n_keys[RCF3], warmed(Rcf3(given), WARMUP))
    kept[RUST] = KrcfKeys(given, n_keys[RUST], warmed(Krcf(given), WARMUP))
    for name in (OURS, COMPACT):
        boxes = name == OURS
        ours = warmed(Ours(given, boxes=boxes), WARMUP)
        kept[name] = OurKeys(given, n_keys[name], ours, boxes=boxes)
    return kept


def _turn(keys: Keys, _: int) -> None:
    keys.score_learn(TURN)
