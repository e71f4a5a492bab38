"""The peers of one trial, each in its steady state."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack, closing
from typing import TypeVar

from benchmarks.forest.stream import WARMUP
from benchmarks.peers import InProcess, Peer, Trial
from benchmarks.peers.didactic import Rrcf
from benchmarks.peers.halfspace import HalfSpace
from benchmarks.peers.java.building import missing
from benchmarks.peers.java.forest import JavaForest, Kind
from benchmarks.peers.krcf import Krcf
from benchmarks.peers.ours import Ours
from benchmarks.peers.rcf3 import Rcf3

P = TypeVar("P", bound=InProcess)
OURS, COMPACT = "ours", "ours, compact"
JAVA, JAVA_COMPACT, THRESHOLDED = "AWS Java", "AWS Java, compact", "AWS Java, thresholded"
RUST, RCF3, RRCF, HALF_SPACE = "AWS Rust (krcf)", "rcf3", "rrcf", "HalfSpaceTrees"
KINDS: dict[str, Kind] = {JAVA: "core", JAVA_COMPACT: "core", THRESHOLDED: "thresholded"}
ONE_WORK = {THRESHOLDED, RRCF, HALF_SPACE}
"""Those that are timed at score + learn alone."""
JAVA_WARMUP = 30_000
"""Java's compiler needs longer than its forest."""
COMPACT_WARMUP = 2_000


def forests(trial: Trial, stack: ExitStack, *, slow: bool) -> dict[str, Peer]:
    """Name -> warmed peer; `slow` lets those join that need milliseconds a record."""
    peers: dict[str, Peer] = {}
    named: dict[str, InProcess] = {
        OURS: Ours(trial, boxes=True),
        COMPACT: Ours(trial, boxes=False),
        RUST: Krcf(trial),
        RCF3: Rcf3(trial),
    }
    for name, peer in named.items():
        peers[name] = warmed(peer, WARMUP)
    if slow:
        peers |= {RRCF: warmed(Rrcf(trial), 400), HALF_SPACE: warmed(HalfSpace(trial), 600)}
    return peers | java(trial, stack)


def warmed(peer: P, n: int) -> P:
    """The peer behind the warm-up, of which it has learned the last n records."""
    peer.next = WARMUP - n
    peer.do("learn", n)
    return peer


def java(
    trial: Trial, stack: ExitStack, kinds: Mapping[str, Kind] = KINDS
) -> dict[str, JavaForest]:
    """Warmed Java forests, whose processes end with the stack; none where Java is missing."""
    if missing():
        return {}
    opened = {
        name: stack.enter_context(closing(JavaForest(trial, kind))) for name, kind in kinds.items()
    }
    for forest in opened.values():
        # Its compiler counts calls, of which there are as many as trees.
        forest.start("score_learn", max(WARMUP, JAVA_WARMUP * 50 // trial.n_trees))
    for forest in opened.values():
        forest.wait()
    if JAVA_COMPACT in opened:
        opened[JAVA_COMPACT].drop_boxes()
        opened[JAVA_COMPACT].do("score_learn", COMPACT_WARMUP)
    return opened
