"""Attribution, imputation and forecast: how many a second, each asked behind the newest record."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from itertools import product
from typing import Protocol

from benchmarks.forest.figures import Figures
from benchmarks.forest.line_up import JAVA, OURS, RCF3, RUST, java, warmed
from benchmarks.forest.speed import turn
from benchmarks.forest.stream import TYPICAL, WARMUP, WIDE, trial
from benchmarks.measure import note, rates
from benchmarks.peers import Peer, Query
from benchmarks.peers.java.forest import JavaForest
from benchmarks.peers.krcf import Krcf
from benchmarks.peers.ours import Ours, OursByVerb
from benchmarks.peers.rcf3 import Rcf3

Tasks = dict[str, tuple[int, Callable[[int], float | None]]]
N_TREES = 50
GOAL = 3.0
ATTRIBUTE = "attribute points"
BEHIND: dict[str, Query] = {
    "attribute the newest": "attribute",
    "impute the newest": "impute",
    "forecast": "forecast",
}
"""Asked behind each record that is learned, one a call."""
GOALS = {ATTRIBUTE, "impute the newest", "forecast"}
SECONDS_A_TURN = 0.05
JAVA_PRACTICE = 4_000
"""Questions of each kind before Java is timed."""


class Asked(Protocol):
    def behind(self, query: Query, n: int) -> float: ...


def measure(figures: Figures, *, quick: bool) -> None:
    """Rates at the typical shape and at a wide one, in turns."""
    for shape in (TYPICAL, WIDE):
        note(f"operations: {shape}")
        given = trial(shape, N_TREES, 200_000)
        with ExitStack() as stack:
            rust, rcf3 = warmed(Krcf(given), WARMUP), warmed(Rcf3(given), WARMUP)
            by_java = java(given, stack, {JAVA: "core"})
            points: dict[str, Peer] = {OURS: warmed(Ours(given, boxes=True), WARMUP)}
            points |= {RUST: rust, RCF3: rcf3, **by_java}
            newest: dict[str, Asked] = {OURS: warmed(OursByVerb(given), WARMUP)}
            newest |= {RUST: rust, RCF3: rcf3, **by_java}
            clocks = {f"{ATTRIBUTE}, {name}": peer.clock for name, peer in points.items()}
            found = rates(of_points(points) | behind(newest), 3 if quick else 9, clocks)
        at = f"{shape}, {N_TREES} trees:"
        figures.results |= {f"{at} {name} (1/s)": rate for name, rate in found.items()}
        for query, other in product([ATTRIBUTE, *BEHIND], (JAVA, RUST, RCF3)):
            if f"{query}, {other}" in found:
                goal = GOAL if other == JAVA and query in GOALS else None
                ours, theirs = found[f"{query}, {OURS}"], found[f"{query}, {other}"]
                figures.compare(f"{at} {query}, {OURS} / {other}", ours, theirs, goal)


def of_points(peers: dict[str, Peer]) -> Tasks:
    """Attribution of whole shingles; ours takes them all in a call, the others one."""
    tasks: Tasks = {}
    for name, peer in peers.items():
        n = turn(peer, "attribute_points")
        tasks[f"{ATTRIBUTE}, {name}"] = (n, partial(_attribute, peer, n))
    return tasks


def behind(peers: dict[str, Asked]) -> Tasks:
    """Every question of every peer that answers it."""
    tasks: Tasks = {}
    for name, peer in peers.items():
        for said, query in BEHIND.items():
            if isinstance(peer, JavaForest) or hasattr(peer, query):
                peer.behind(query, JAVA_PRACTICE if isinstance(peer, JavaForest) else 200)
                n = max(round(100 * SECONDS_A_TURN / peer.behind(query, 100)), 1)
                tasks[f"{said}, {name}"] = (n, partial(_ask, peer, query, n))
    return tasks


def _attribute(peer: Peer, n: int, _: int) -> None:
    peer.do("attribute_points", n)


def _ask(peer: Asked, query: Query, n: int, _: int) -> float:
    return peer.behind(query, n)
