"""Reading a topic on from where one stopped."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Protocol

from stream.records import Record, TopicPartition
from stream.transports.protocol import TopicInfo, Transport

CHUNK = 500  # records between two moments at which queries may look at the index


class Intake(Protocol):
    """What takes in the records of a topic."""

    def add(self, partition: int, records: Sequence[Record]) -> None:
        """Take in a partition's next records."""

    def drop(self, partition: int, below: int) -> None:
        """Let go of a partition's offsets below this one."""


class TopicTail:
    """One reader's positions in all partitions of a topic. Used by one thread at a time.

    With `most` given, each partition is held to its newest `most / partitions` offsets: so memory
    is bounded whatever the topic holds and whatever event times it claims, and the first refresh
    of a long topic reads no more than that.
    """

    def __init__(
        self, transport: Transport, topic: str, intake: Intake, most: int | None = None
    ) -> None:
        self._transport = transport
        self._intake = intake
        self._most = most
        self._positions: dict[int, int] = {}
        self.interrupted = threading.Event()
        """Once set, reading ends after the chunk in hand."""
        self.topic = topic

    def refresh(self, info: TopicInfo) -> int:
        """Read every partition up to its end as of `info`; return how many records came."""
        quota = None if self._most is None else max(1, self._most // len(info.bounds))
        return sum(
            self._advance(partition, start, stop, quota)
            for partition, (start, stop) in enumerate(info.bounds)
        )

    def _advance(self, partition: int, start: int, stop: int, quota: int | None) -> int:
        position = self._positions.get(partition, 0)
        if stop < position:  # the topic was made anew
            self._intake.drop(partition, position)
            position = 0
        if position == stop:
            return 0
        tp = TopicPartition(self.topic, partition)
        # A transaction that is open, or was left open, must not hold the other partitions up.
        stop = max(position, min(stop, self._transport.readable(tp)))
        if quota is not None:
            start = max(start, stop - quota)
            self._intake.drop(partition, start)
        came = 0
        for chunk in _chunks(self._transport.read(tp, max(position, start), stop)):
            self._intake.add(partition, chunk)
            self._positions[partition] = chunk[-1].offset + 1
            came += len(chunk)
            if self.interrupted.is_set():
                return came
        self._positions[partition] = stop
        return came


def _chunks(records: Iterator[Record]) -> Iterator[list[Record]]:
    while chunk := list(islice(records, CHUNK)):
        yield chunk
