"""Measures that are too dear for every batch: lag, and keys in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from stream.metrics import TaskMetrics, table
from stream.runtime.health import StatusBoard
from stream.runtime.partition import OwnedPartition
from stream.transports.protocol import Transport

INTERVAL = 5.0
"""Seconds between two measurements."""


class LagMeter:
    """Counts, every few seconds, what waits in the partitions that a member owns."""

    def __init__(
        self,
        transport: Transport,
        metrics: TaskMetrics,
        board: StatusBoard,
        clock: Callable[[], float],
    ) -> None:
        self._transport = transport
        self._metrics = metrics
        self._board = board
        self._clock = clock
        self._measured = float("-inf")

    def update(self, partitions: Iterable[OwnedPartition]) -> None:
        """Measure again if it is time."""
        now = self._clock()
        if abs(now - self._measured) < INTERVAL:
            return
        self._measured = now
        topics = self._transport.topics()
        for owned in partitions:
            tp = owned.tp
            _, end = topics[tp.topic].bounds[tp.partition]
            lag = max(0, end - owned.offset)
            waits = lag > 0 and owned.timestamp is not None
            age = max(0.0, now - (owned.timestamp or 0) / 1000.0) if waits else 0.0
            self._board.lagging(tp, lag)
            self._metrics.place(table.LAG_RECORDS, tp, lag)
            self._metrics.place(table.LAG_SECONDS, tp, age)
            self._metrics.place(table.ENTITIES, tp, sum(1 for _ in owned.state.entities()))
