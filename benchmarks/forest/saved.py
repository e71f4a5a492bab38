"""Size of a full forest's saved state, and how long saving and loading take."""

from __future__ import annotations

from contextlib import ExitStack, closing
from functools import partial
from typing import Protocol

from benchmarks.forest.figures import Figures
from benchmarks.forest.line_up import JAVA, RCF3, RUST, warmed
from benchmarks.forest.stream import SHAPES, TYPICAL, WARMUP, trial
from benchmarks.measure import milliseconds
from benchmarks.peers.java.building import missing
from benchmarks.peers.java.forest import JavaForest
from benchmarks.peers.krcf import Krcf
from benchmarks.peers.ours import OursByVerb
from benchmarks.peers.rcf3 import Rcf3
from models.forest import RandomCutForest

N_TREES = 50
GOAL_KIB = 60.0


class Saving(Protocol):
    def saved_bytes(self) -> int: ...


def measure(figures: Figures) -> None:
    """Ours at every shape, the peers' at the typical one, in the smallest of the forms that each offers."""
    for shape in SHAPES:
        ours = warmed(OursByVerb(trial(shape, N_TREES, WARMUP)), WARMUP).forest
        state = ours.dump()
        at = f"{shape}, {N_TREES} trees:"
        figures.results |= {
            f"{at} saved state, ours (KiB)": len(state) / 1024,
            f"{at} save, ours (ms)": milliseconds(ours.dump),
            f"{at} load, ours (ms)": milliseconds(partial(RandomCutForest.from_bytes, state)),
        }
        if shape == TYPICAL:
            figures.at_most(f"{at} saved state (KiB)", GOAL_KIB, len(state) / 1024)
    given = trial(TYPICAL, N_TREES, WARMUP)
    at = f"{TYPICAL}, {N_TREES} trees: saved state,"
    with ExitStack() as stack:
        peers: dict[str, Saving] = {
            RCF3: warmed(Rcf3(given), WARMUP),
            RUST: warmed(Krcf(given), WARMUP),
        }
        if missing() is None:
            forest = stack.enter_context(closing(JavaForest(given)))
            forest.do("learn", WARMUP)
            peers[JAVA] = forest
        for name, peer in peers.items():
            figures.results[f"{at} {name} (KiB)"] = peer.saved_bytes() / 1024
