"""How long to wait before the next try."""

from __future__ import annotations

import random


class Backoff:
    """Pauses that double from `first` to `most` seconds, each shortened by up to a half at random.

    The chance keeps many workers from coming back to a broker all at once.
    """

    def __init__(self, first: float, most: float) -> None:
        self._first = first
        self._most = most
        self._next = first

    def pause(self) -> float:
        """Seconds to wait now."""
        pause, self._next = self._next, min(2.0 * self._next, self._most)
        return pause * random.uniform(0.5, 1.0)

    def reset(self) -> None:
        """Note that it worked."""
        self._next = self._first
