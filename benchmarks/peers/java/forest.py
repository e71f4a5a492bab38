"""One of AWS's Java forests as a peer."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from benchmarks.peers import LEARNING, SAMPLE_SIZE, SEED, Clock, Query, Trial, Work
from benchmarks.peers.java.driver import Driver, microseconds

Kind = Literal["core", "thresholded"]

LONGEST_PRACTICE = 12
"""Turns behind which the compiler is no longer waited for."""
SETTLED = 0.03
"""Share of a turn's processor time that the compiler may take."""


class JavaForest:
    """A forest in a process of its own, so that no other kind's calls spoil what its compiler has learned."""

    def __init__(self, trial: Trial, kind: Kind = "core", heap: int = 1024) -> None:
        self.driver = Driver(heap)
        self.clock: Clock = self.driver.clock
        self.next = 0
        self.driver.give("records", trial.records, trial.shape.features)
        shape = trial.shape
        size = (shape.features, shape.shingle, trial.n_trees, SAMPLE_SIZE)
        self.driver.ask("open", kind, *size, 1.0, SEED)

    def do(self, work: Work, n: int) -> None:
        self.start(work, n)
        self.wait()

    def start(self, work: Work, n: int) -> None:
        """Begin what `do` does; `wait` returns when it is done."""
        self.driver.tell("run", work, self.next, n)
        self._advance(work, n)

    def wait(self) -> None:
        self.driver.hear()

    def settle(self, work: Work, n: int) -> None:
        """Do it until the compiler has next to nothing left to do; give up on a compiler that goes on and on."""
        for _ in range(LONGEST_PRACTICE):
            compiling, started = self._compiling(), self.clock()
            self.do(work, n)
            if self._compiling() - compiling <= SETTLED * (self.clock() - started):
                return

    def _compiling(self) -> float:
        milliseconds: float = self.driver.ask("compiling")["milliseconds"]
        return milliseconds / 1e3

    def latencies(self, work: Work, n: int) -> NDArray[np.float64]:
        taken = microseconds(self.driver.ask("latencies", work, self.next, n))
        self._advance(work, n)
        return taken

    def behind(self, query: Query, n: int) -> float:
        """Learn each of n records, then ask about the next: processor seconds of the questions."""
        seconds: float = self.driver.ask("behind", query, self.next, n)["seconds"]
        self.next += n
        return seconds

    def drop_boxes(self) -> None:
        """From now on, rebuild bounding boxes where they are needed."""
        self.driver.ask("cache", 0.0)

    def copy(self, n: int) -> None:
        """Let the process hold n more forests in the same state."""
        self.driver.ask("copies", n)

    def heap_bytes(self) -> int:
        """What the process's objects take, garbage left out."""
        return int(self.driver.ask("heap")["bytes"])

    def saved_bytes(self) -> int:
        return int(self.driver.ask("saved")["bytes"])

    def _advance(self, work: Work, n: int) -> None:
        self.next += n if work in LEARNING else 0

    def close(self) -> None:
        self.driver.close()
