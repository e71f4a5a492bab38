"""Forests under one interface, so that each is timed by the same loop."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np

N_TREES, SAMPLE_SIZE = 50, 256
TIME_DECAY = 0.1 / SAMPLE_SIZE


class Shape(NamedTuple):
    """Features per record, and records per point."""

    features: int
    shingle: int

    def __str__(self) -> str:
        return f"{self.features}x{self.shingle}"


class Peer(Protocol):
    """One forest of 50 trees of 256. Records are (n, features) float64, in order."""

    def warm(self, records: np.ndarray) -> None:
        """Learn, until the forest is in its steady state."""

    def score_learn(self, records: np.ndarray) -> None:
        """Score each record, then learn it."""


class TwoStepPeer(Peer, Protocol):
    """A forest that can also do one without the other."""

    def score(self, records: np.ndarray) -> None:
        """Score each record as if it came next; learn nothing."""

    def learn(self, records: np.ndarray) -> None:
        """Learn each record; score nothing."""


def shingles(records: np.ndarray, size: int) -> np.ndarray:
    """(n - size + 1, size * features): every `size` consecutive records as one row."""
    windows = np.lib.stride_tricks.sliding_window_view(records, size, axis=0)
    return windows.transpose(0, 2, 1).reshape(len(windows), -1)
