"""Reading a partition outside of groups."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from time import monotonic

from stream.errors import TransportUnavailable
from stream.records import Record, TopicPartition
from stream.transports.kafka.client import Client, Reader, Unavailable
from stream.transports.kafka.retrying import Retries

POLL = 0.25


class Readers:
    """Readers for several threads. Connecting is dear, so they are used again."""

    def __init__(self, client: Client, retries: Retries, patience: float) -> None:
        """patience: seconds that the end of a partition may be held up by an open transaction."""
        self._client = client
        self._retries = retries
        self._patience = patience
        self._lock = threading.Lock()
        self._idle: list[Reader] = []
        self._made: list[Reader] = []

    def scan(self, tp: TopicPartition, start: int, stop: int) -> Iterator[Record]:
        """Every committed record with start <= offset < stop.

        stop: at most the partition's high watermark. A transaction that is open, or whose markers
        are on their way, holds what lies behind its first record back from everybody; some of that
        may be committed, so the end is waited for rather than left out.
        """
        if start >= stop:
            return
        reader = self._take()
        fine = False
        try:
            yield from self._scanned(reader, tp, start, stop)
            fine = True
        except GeneratorExit:
            fine = True
            raise
        finally:
            self._give_back(reader, fine)

    def close(self) -> None:
        """Disconnect, those too that somebody has not read to the end."""
        with self._lock:
            made, self._made = self._made, []
            self._idle.clear()
        for reader in made:
            reader.close()

    def _scanned(
        self, reader: Reader, tp: TopicPartition, start: int, stop: int
    ) -> Iterator[Record]:
        reader.seek(tp, start)
        position, moved = start, monotonic()
        while position < stop:
            try:
                records = reader.poll(POLL)
            except Unavailable:
                records = []
            for record in records:
                if record.offset >= stop:
                    return
                yield record
            reached = reader.position()
            if reached > position:
                position, moved = reached, monotonic()
            elif monotonic() - moved > self._patience:
                raise TransportUnavailable(
                    f"The brokers must let committed records of {tp.topic}-{tp.partition} be read "
                    f"up to offset {stop} within {self._patience:g} s, got up to {position}: they "
                    "are away, or somebody holds a transaction open there."
                )

    def _take(self) -> Reader:
        with self._lock:
            if self._idle:
                return self._idle.pop()
        reader = self._retries.run(self._client.reader, "accept a consumer")
        with self._lock:
            self._made.append(reader)
        return reader

    def _give_back(self, reader: Reader, fine: bool) -> None:
        with self._lock:
            if reader not in self._made:
                return  # closed meanwhile
            if fine:
                self._idle.append(reader)
                return
            self._made.remove(reader)
        reader.close()
