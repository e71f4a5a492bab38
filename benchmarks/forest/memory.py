"""KiB of one full forest: by how much a process grows over many of them."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from multiprocessing import get_context

from benchmarks.forest.figures import Figures
from benchmarks.forest.line_up import COMPACT, JAVA, JAVA_COMPACT, OURS, RCF3, RUST
from benchmarks.forest.stream import TYPICAL, WARMUP, trial
from benchmarks.measure import note, resident_bytes
from benchmarks.peers import Trial
from benchmarks.peers.java.building import missing
from benchmarks.peers.java.forest import JavaForest
from benchmarks.peers.krcf import Krcf
from benchmarks.peers.ours import Ours
from benchmarks.peers.rcf3 import Rcf3

N_TREES = 50
GOALS = {COMPACT: 100.0, OURS: 600.0}
FILLED = WARMUP // 3
"""Records that each has learned: more than 1 / decay."""


def measure(figures: Figures, *, quick: bool) -> None:
    """A thousand forests of ours; fewer of the peers', whose figures are the same for each."""
    ours, theirs = (100, 20) if quick else (1_000, 100)
    given = trial(TYPICAL, N_TREES, FILLED)
    at = f"{TYPICAL}, {N_TREES} trees: memory of a forest,"
    for name, (fill, n) in {
        OURS: (with_boxes, ours),
        COMPACT: (without_boxes, ours),
        RCF3: (many_of_rcf3, theirs),
        RUST: (many_of_krcf, theirs),
    }.items():
        note(f"memory: {n:,} forests, {name}")
        # A new process each, whose memory holds nothing that could be used again.
        with ProcessPoolExecutor(1, get_context("spawn")) as process:
            grown = process.submit(growth, fill, given, n).result()
        figures.results[f"{at} {name}, process growth over {n:,} (KiB)"] = grown
        if name in GOALS:
            figures.at_most(f"{at} {name} (KiB)", GOALS[name], grown)
    for name in () if missing() else (JAVA, JAVA_COMPACT):
        with closing(JavaForest(given)) as forest:
            forest.do("learn", FILLED)
            if name == JAVA_COMPACT:
                forest.drop_boxes()
            grown = heap_growth(forest, theirs)
            figures.results[f"{at} {name}, heap growth over {theirs:,} (KiB)"] = grown


def growth(fill: Callable[[Trial, int], object], given: Trial, n: int) -> float:
    """KiB by which this process grows per full forest."""
    fill(given, 1)
    before = resident_bytes()
    kept = fill(given, n)
    grown = resident_bytes() - before
    del kept
    return grown / n / 1024


def heap_growth(forest: JavaForest, n: int) -> float:
    """KiB by which Java's objects grow per copy of a forest."""
    before = forest.heap_bytes()
    forest.copy(n)
    return (forest.heap_bytes() - before) / n / 1024


def with_boxes(given: Trial, n: int) -> object:
    return many_of_ours(given, n, boxes=True)


def without_boxes(given: Trial, n: int) -> object:
    return many_of_ours(given, n, boxes=False)


def many_of_ours(given: Trial, n: int, *, boxes: bool) -> object:
    """One arena, as a detector of many keys has it."""
    ours = Ours(given, boxes=boxes)
    for i in range(n):
        ours.slot = ours.slot if i == 0 else ours.arena.open_slot(i)
        ours.next = 0
        ours.do("learn", FILLED)
        if boxes:
            ours.arena.keep_boxes(ours.slot)
    return ours


def many_of_rcf3(given: Trial, n: int) -> object:
    """A forest each."""
    kept = [Rcf3(given) for _ in range(n)]
    for forest in kept:
        forest.do("learn", FILLED)
    return kept


def many_of_krcf(given: Trial, n: int) -> object:
    """A forest each."""
    kept = [Krcf(given) for _ in range(n)]
    for forest in kept:
        forest.do("learn", FILLED)
    return kept
