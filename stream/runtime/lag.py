"""Measures that are too dear for every batch: lag, and keys in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from stream.metrics import TaskMetrics, table
from stream.records import TopicPartition
from stream.runtime.health import StatusBoard
from stream.runtime.partition import OwnedPartition
from stream.transports.checks import bounds_of
from stream.transports.protocol import Transport

INTERVAL = 5.0
"""Seconds between two measurements."""


class _Seen(NamedTuple):
    """A partition at the last measurement."""

    offset: int
    since: float
    """When it was first seen there, seconds since the epoch."""


class LagMeter:
    """Counts, every few seconds, what waits in the partitions that a member owns.

    Lag is counted in offsets. A broker also spends offsets on the markers of transactions, so what
    stands still before the end of its partition is looked at: where no record follows, nothing
    waits.
    """

    def __init__(
        self,
        transport: Transport,
        topic: str,
        metrics: TaskMetrics,
        board: StatusBoard,
        clock: Callable[[], float],
    ) -> None:
        self._transport = transport
        self._topic = topic
        self._metrics = metrics
        self._board = board
        self._clock = clock
        self._measured = float("-inf")
        self._seen: dict[TopicPartition, _Seen] = {}

    def update(self, partitions: Iterable[OwnedPartition]) -> None:
        """Measure again if it is time. Raises TransportError, also where there is nothing to measure:
        so a member that waits for work learns that the log is away."""
        now = self._clock()
        if abs(now - self._measured) < INTERVAL:
            return
        self._measured = now
        topics = self._transport.topics()
        # Asked for even where nothing is owned: a broker answers only for what is looked at.
        bounds_of(topics, TopicPartition(self._topic, 0))
        seen: dict[TopicPartition, _Seen] = {}
        for owned in partitions:
            tp = owned.tp
            before = self._seen.get(tp)
            stands = before is not None and before.offset == owned.offset
            seen[tp] = before if before and stands else _Seen(owned.offset, now)
            _, end = bounds_of(topics, tp)
            lag = self._lag(owned, end, stands)
            waits = lag > 0 and owned.timestamp is not None
            age = max(0.0, now - (owned.timestamp or 0) / 1000.0) if waits else 0.0
            self._board.lagging(tp, lag)
            self._metrics.place(table.LAG_RECORDS, tp, lag)
            self._metrics.place(table.LAG_SECONDS, tp, age)
            self._metrics.place(table.POSITION_AGE, tp, max(0.0, now - seen[tp].since))
            self._metrics.place(table.ENTITIES, tp, sum(1 for _ in owned.state.entities()))
        self._seen = seen

    def _lag(self, owned: OwnedPartition, end: int, stands: bool) -> int:
        lag = max(0, end - owned.offset)
        # What an open transaction holds back must not be waited for: the other partitions go on.
        if not lag or not stands or self._transport.readable(owned.tp) < end:
            return lag
        waiting = next(iter(self._transport.read(owned.tp, owned.offset, end)), None)
        return 0 if waiting is None else lag
