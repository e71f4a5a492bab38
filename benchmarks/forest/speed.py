"""Points per second, and microseconds a point, of every peer at every shape."""

from __future__ import annotations

import gc
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from itertools import product

import numpy as np
from numpy.typing import NDArray

from benchmarks.forest.figures import Figures
from benchmarks.forest.line_up import (
    COMPACT,
    COMPACT_WARMUP,
    HALF_SPACE,
    JAVA,
    JAVA_COMPACT,
    JAVA_WARMUP,
    ONE_WORK,
    OURS,
    RCF3,
    RRCF,
    RUST,
    THRESHOLDED,
    forests,
)
from benchmarks.forest.stream import SHAPES, TYPICAL, WIDE, trial
from benchmarks.measure import note, rates
from benchmarks.peers import Clock, Peer, Trial, Work
from benchmarks.peers.ours import OursByVerb

FEW = [TYPICAL, WIDE, SHAPES[3]]
SECONDS_A_TURN = 0.05
LONGEST_TURN = 3_000
WORKS: dict[Work, str] = {"score_learn": "score + learn", "score": "score", "learn": "learn"}
GOALS = [
    (OURS, JAVA, 3.0),
    (OURS, RUST, 2.0),
    (OURS, RCF3, 2.0),
    (COMPACT, JAVA, 1.0),
    (COMPACT, JAVA_COMPACT, 4.0),
]
"""At score + learn, at every shape."""


def measure(figures: Figures, parts: set[str], *, quick: bool) -> None:
    """Both parts, `speed` and `latency`, with the same warmed forests; quick: of few shapes."""
    rounds = 3 if quick else 9
    for n_trees in (50,) if quick else (50, 100):
        for shape in FEW if quick else SHAPES:
            note(f"speed and latency: {shape}, {n_trees} trees")
            longest = JAVA_WARMUP + COMPACT_WARMUP + (2 * rounds + 12) * LONGEST_TURN
            given = trial(shape, n_trees, longest)
            with ExitStack() as stack:
                peers = forests(given, stack, slow="speed" in parts)
                if "speed" in parts:
                    throughput(figures, given, peers, rounds)
                if "latency" in parts:
                    latency(figures, given, peers, 300 if quick else 1_000)


def throughput(figures: Figures, given: Trial, peers: dict[str, Peer], rounds: int) -> None:
    """Points per second of every peer and work, in turns."""
    tasks: dict[str, tuple[int, Callable[[int], None]]] = {}
    clocks: dict[str, Clock] = {}
    for name, peer in peers.items():
        for work, said in WORKS.items():
            if work == "score_learn" or name not in ONE_WORK:
                n = turn(peer, work)
                tasks[f"{said}, {name}"] = (n, partial(_do, peer, work, n))
                clocks[f"{said}, {name}"] = peer.clock
    # Python's collector need not look through one peer's nodes in another's turn.
    gc.freeze()
    found = rates(tasks, rounds, clocks)
    gc.unfreeze()

    at = f"{given.shape}, {given.n_trees} trees:"
    figures.results |= {f"{at} {name} (points/s)": rate for name, rate in found.items()}
    goals = {(ours, peer): goal for ours, peer, goal in GOALS}
    others = [JAVA, THRESHOLDED, JAVA_COMPACT, RUST, RCF3, RRCF, HALF_SPACE]
    for said, ours, other in product(WORKS.values(), (OURS, COMPACT), others):
        if f"{said}, {other}" in found:
            goal = goals.get((ours, other)) if said == WORKS["score_learn"] else None
            fast, slow = found[f"{said}, {ours}"], found[f"{said}, {other}"]
            figures.compare(f"{at} {said}, {ours} / {other}", fast, slow, goal)


def _do(peer: Peer, work: Work, n: int, _: int) -> None:
    peer.do(work, n)


def turn(peer: Peer, work: Work) -> int:
    """How many records fill a turn; finding out also warms the peer to the work."""
    n = 4
    # A first call may compile; only what comes behind it tells how long a turn takes.
    for _ in range(4):
        peer.settle(work, n)
        started = peer.clock()
        peer.do(work, n)
        n = min(max(round(n * SECONDS_A_TURN / (peer.clock() - started)), 2), 8 * n, LONGEST_TURN)
    peer.settle(work, n)
    return n


def latency(figures: Figures, given: Trial, peers: dict[str, Peer], n: int) -> None:
    """Wall-clock percentiles of score + learn where every record is a call of its own."""
    by_verb = OursByVerb(given)
    by_verb.do("learn", 3_000)
    timed = {name: peer for name, peer in peers.items() if name not in {RRCF, HALF_SPACE}}
    timed["ours, score_one + learn_one"] = by_verb
    pieces = 5
    taken: dict[str, list[NDArray[np.float64]]] = {name: [] for name in timed}
    for _ in range(pieces):
        for name, peer in timed.items():
            taken[name].append(peer.latencies("score_learn", n // pieces))
    for name, parts in taken.items():
        at = f"{given.shape}, {given.n_trees} trees: one record a call, {name}"
        median, high = np.percentile(np.concatenate(parts), [50, 99])
        figures.results |= {f"{at}, p50 (us)": float(median), f"{at}, p99 (us)": float(high)}
