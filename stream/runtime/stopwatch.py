"""Elapsed time, for metrics."""

from __future__ import annotations

from time import perf_counter


class Stopwatch:
    """Runs from its making."""

    def __init__(self) -> None:
        self._began = perf_counter()

    def seconds(self) -> float:
        """Since the start."""
        return perf_counter() - self._began
