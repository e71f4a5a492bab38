"""Forests under one interface, so that each is timed by the same loop."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Literal, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

SAMPLE_SIZE = 256
TIME_DECAY = 0.1 / SAMPLE_SIZE
SEED = 42

Work = Literal["score_learn", "learn", "score", "attribute_points"]
LEARNING = {"score_learn", "learn"}
"""Works behind which a forest stands at the next record."""
Query = Literal["attribute", "impute", "forecast"]
"""What is asked about the record that comes next: its shares of the score, one feature of it, all of it."""

Clock = Callable[[], float]


class Shape(NamedTuple):
    """Features per record, and records per point."""

    features: int
    shingle: int

    def __str__(self) -> str:
        return f"{self.features}x{self.shingle}"


class Trial(NamedTuple):
    """What every peer is given: a shape, how many trees of 256, and (n, features) float32 records in order."""

    shape: Shape
    n_trees: int
    records: NDArray[np.float32]

    def points(self, start: int, n: int) -> NDArray[np.float32]:
        """(n, features * shingle): records `start` to `start + n`, each behind those that came before it."""
        size = self.shape.shingle
        rows = self.records[start - size + 1 : start + n]
        windows = np.lib.stride_tricks.sliding_window_view(rows, size, axis=0)
        return windows.transpose(0, 2, 1).reshape(n, -1)


class Peer(Protocol):
    """One forest that stands somewhere in its trial's records."""

    clock: Clock
    """Processor seconds of the process in which it works."""
    next: int
    """The record that comes next."""

    def do(self, work: Work, n: int) -> None:
        """Do it with the next n records, each behind the ones before it, learned or not.

        Where it learns none of them, the next ones stay the same.
        """

    def settle(self, work: Work, n: int) -> None:
        """Do it with n records at a time until it is as fast as it gets."""

    def latencies(self, work: Work, n: int) -> NDArray[np.float64]:
        """Microseconds of each of n records, one call a record."""


class InProcess:
    """A peer that works in this process, by methods of the works' names.

    Those that learn take (n, features) records, the others (n, features * shingle) points.
    """

    clock: Clock = staticmethod(time.process_time)

    def __init__(self, trial: Trial) -> None:
        self.trial = trial
        self.next = 0

    def do(self, work: Work, n: int) -> None:
        if work in LEARNING:
            getattr(self, work)(self.trial.records[self.next : self.next + n])
            self.next += n
        else:
            getattr(self, work)(self.trial.points(self.next, n))

    def settle(self, work: Work, n: int) -> None:
        self.do(work, n)

    def latencies(self, work: Work, n: int) -> NDArray[np.float64]:
        taken = np.zeros(n)
        for i in range(n):
            started = time.perf_counter_ns()
            self.do(work, 1)
            taken[i] = time.perf_counter_ns() - started
        return taken / 1e3

    def behind(self, query: Query, n: int) -> float:
        """Learn each of n records, then ask about the next: processor seconds of the questions.

        Methods of the queries' names take that record; `impute` also the feature that is to be missing.
        """
        ask, taken = getattr(self, query), 0
        for _ in range(n):
            feature = self.next % self.trial.shape.features
            self.do("learn", 1)
            more = (feature,) if query == "impute" else ()
            row = self.trial.records[self.next].tolist()
            started = time.thread_time_ns()
            ask(row, *more)
            taken += time.thread_time_ns() - started
        return taken / 1e9
