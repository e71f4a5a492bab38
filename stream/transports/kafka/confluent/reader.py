"""A consumer without a group on confluent-kafka."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException
from confluent_kafka import TopicPartition as KafkaPartition

from stream.records import Record, TopicPartition
from stream.transports.kafka.confluent.errors import translated
from stream.transports.kafka.confluent.events import Events
from stream.transports.kafka.confluent.records import records_of

MOST_RECORDS = 2000
PREFETCHED_KILOBYTES = 16 * 1024


class ConfluentReader:
    """Implements stream.transports.kafka.client.Reader."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._events = Events()
        self._position = 0
        self._place: KafkaPartition | None = None
        self._resting = False
        self._consumer = Consumer(
            {
                **settings,
                **self._events.settings(),
                "group.id": "cutstream.reader",  # required, and of no use without a subscription
                "enable.auto.commit": False,
                "isolation.level": "read_committed",
                "auto.offset.reset": "earliest",
                "fetch.queue.backoff.ms": 10,
                # At the end of a partition a fetch waits so long before it tells of the end.
                "fetch.wait.max.ms": 10,
                "enable.partition.eof": True,
                "queued.max.messages.kbytes": PREFETCHED_KILOBYTES,
            }
        )

    def seek(self, tp: TopicPartition, offset: int) -> None:
        """See Reader.seek."""
        if self._resting:
            self._rest(False)
        self._place = KafkaPartition(*tp, offset)
        self._position = offset
        with self._events.translating(lambda: None):
            self._consumer.assign([self._place])

    def poll(self, timeout: float) -> list[Record]:
        """See Reader.poll."""
        if self._resting:
            self._rest(False)
        messages = self._consumer.consume(MOST_RECORDS, 0.0)
        if not messages and timeout > 0.0:
            messages = self._consumer.consume(1, timeout)
            if messages:
                messages += self._consumer.consume(MOST_RECORDS - 1, 0.0)
        self._events.check()
        fine = []
        for message in messages:
            error = message.error()
            if error is None:
                fine.append(message)
                self._position = (message.offset() or 0) + 1
            elif error.code() == KafkaError._PARTITION_EOF:
                # It comes behind aborted records and markers, which are told of in no other way.
                self._position = max(self._position, message.offset() or 0)
                self._rest(True)
            else:
                raise translated(error)
        return records_of(fine)

    def position(self) -> int:
        """See Reader.position."""
        return self._position

    def close(self) -> None:
        """See Reader.close."""
        with suppress(KafkaException, RuntimeError):
            self._consumer.close()

    def _rest(self, resting: bool) -> None:
        """Stop asking the brokers at the end of a partition, until the next poll."""
        assert self._place is not None
        self._resting = resting
        with self._events.translating(lambda: None):
            if resting:
                self._consumer.pause([self._place])
            else:
                self._consumer.resume([self._place])
