"""A consumer without a group on kafka-python."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from time import monotonic
from typing import Any

from kafka import KafkaConsumer
from kafka import TopicPartition as KafkaPartition
from kafka.errors import KafkaError

from stream.records import Record, TopicPartition
from stream.transports.kafka.kafka_python.connections import connected
from stream.transports.kafka.kafka_python.errors import translating
from stream.transports.kafka.kafka_python.records import records_of

TURN_MS = 25.0
MOST_RECORDS = 2000


class KafkaPythonReader:
    """Implements stream.transports.kafka.client.Reader."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._consumer = connected(
            KafkaConsumer,
            settings,
            group_id=None,
            enable_auto_commit=False,
            isolation_level="read_committed",
            auto_offset_reset="earliest",
            # At the end of a partition a fetch waits so long, and holds the next one up.
            fetch_max_wait_ms=10,
            metrics_enabled=False,
        )
        self._partition = KafkaPartition("", 0)
        self._position = 0

    def seek(self, tp: TopicPartition, offset: int) -> None:
        """See Reader.seek."""
        self._partition = KafkaPartition(*tp)
        self._position = offset
        with translating():
            self._consumer.assign([self._partition])
            self._consumer.seek(self._partition, offset)

    def poll(self, timeout: float) -> list[Record]:
        """See Reader.poll."""
        deadline = monotonic() + timeout
        while True:
            with translating():
                # Aborted records and markers move the position without ending a poll.
                fetched = self._consumer.poll(timeout_ms=TURN_MS, max_records=MOST_RECORDS)
                position = self._consumer.position(self._partition, timeout_ms=TURN_MS)
            moved = position is not None and position > self._position
            if moved:
                self._position = position
            if fetched or moved or monotonic() >= deadline:
                return records_of(fetched)

    def position(self) -> int:
        """See Reader.position."""
        return self._position

    def close(self) -> None:
        """See Reader.close."""
        with suppress(KafkaError, OSError):
            self._consumer.close(autocommit=False)
