"""Attribution, imputation and forecast: how many a second, each asked behind the newest record."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from typing import Protocol

from benchmarks.forest.figures import Figures
from benchmarks.forest.line_up import JAVA, OURS, RCF3, RUST, java, warmed
from benchmarks.forest.stream import TYPICAL, WARMUP, WIDE, trial
from benchmarks.measure import note, rates
from benchmarks.peers import Query
from benchmarks.peers.java.forest import JavaForest
from benchmarks.peers.krcf import Krcf
from benchmarks.peers.ours import OursByVerb
from benchmarks.peers.rcf3 import Rcf3

N_TREES = 50
GOAL = 3.0
QUERIES: list[Query] = ["attribute", "impute", "forecast"]
SECONDS_A_TURN = 0.05
JAVA_PRACTICE = 6_000
"""Questions of each kind before Java is timed."""


class Asked(Protocol):
    def behind(self, query: Query, n: int) -> float: ...


def measure(figures: Figures, *, quick: bool) -> None:
    """Rates at the typical shape and at a wide one, in turns."""
    rounds = 3 if quick else 9
    for shape in (TYPICAL, WIDE):
        note(f"operations: {shape}")
        given = trial(shape, N_TREES, 200_000)
        with ExitStack() as stack:
            peers: dict[str, Asked] = {
                OURS: warmed(OursByVerb(given), WARMUP),
                RUST: warmed(Krcf(given), WARMUP),
                RCF3: warmed(Rcf3(given), WARMUP),
            }
            peers |= java(given, stack, {JAVA: "core"})
            tasks: dict[str, tuple[int, Callable[[int], float]]] = {}
            for name, peer in peers.items():
                for query in QUERIES:
                    if isinstance(peer, JavaForest) or hasattr(peer, query):
                        n = turn(peer, query)
                        tasks[f"{query}, {name}"] = (n, partial(_ask, peer, query, n))
            found = rates(tasks, rounds)
        at = f"{shape}, {N_TREES} trees:"
        figures.results |= {f"{at} {name} (1/s)": rate for name, rate in found.items()}
        for query in QUERIES:
            for other in (JAVA, RUST, RCF3):
                if f"{query}, {other}" in found and f"{query}, {OURS}" in found:
                    goal = GOAL if other == JAVA else None
                    ours, theirs = found[f"{query}, {OURS}"], found[f"{query}, {other}"]
                    figures.compare(f"{at} {query}, {OURS} / {other}", ours, theirs, goal)


def _ask(peer: Asked, query: Query, n: int, _: int) -> float:
    return peer.behind(query, n)


def turn(peer: Asked, query: Query) -> int:
    """How many questions fill a turn; asking warms the peer to the query."""
    n = JAVA_PRACTICE if isinstance(peer, JavaForest) else 200
    peer.behind(query, n)
    return max(round(100 * SECONDS_A_TURN / peer.behind(query, 100)), 1)
