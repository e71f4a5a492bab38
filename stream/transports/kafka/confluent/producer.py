"""A transactional producer on confluent-kafka."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from confluent_kafka import KafkaException, Message, Producer
from confluent_kafka import TopicPartition as KafkaPartition

from stream.errors import FencedError
from stream.records import Committed, Outgoing, TopicPartition
from stream.transports.kafka.client import Consumer, Noted
from stream.transports.kafka.confluent.consumer import ConfluentConsumer
from stream.transports.kafka.confluent.events import Events
from stream.transports.partitioner import partition_of

SHORTEST_TRANSACTION_MS = 1000
"""What the library takes at least."""
LARGEST_MESSAGE = 1_000_000_000
BATCH_BYTES = 256 * 1024
BUFFER_KILOBYTES = 128 * 1024
BUFFER_MESSAGES = 100_000
LINGER_MS = 0.5
"""As long as it takes to hand over a thousand records, which then go out together, while the offsets of
their transaction are still being agreed on."""
ROOM_SECONDS = 0.1


class ConfluentProducer:
    """Implements stream.transports.kafka.client.Producer."""

    def __init__(
        self, settings: Mapping[str, Any], transactional_id: str, transaction_timeout: float
    ) -> None:
        self._events = Events()
        self._turn = 0
        timeout_ms = max(SHORTEST_TRANSACTION_MS, round(transaction_timeout * 1000))
        self._producer = Producer(
            {
                **settings,
                **self._events.settings(),
                "transactional.id": transactional_id,
                "transaction.timeout.ms": timeout_ms,
                "message.max.bytes": LARGEST_MESSAGE,
                "batch.size": BATCH_BYTES,
                "linger.ms": LINGER_MS,
                "queue.buffering.max.kbytes": BUFFER_KILOBYTES,
                "queue.buffering.max.messages": BUFFER_MESSAGES,
            }
        )

    def init(self, timeout: float) -> None:
        """See Producer.init."""
        with self._events.translating(self._serve):
            self._producer.init_transactions(timeout)

    def begin(self) -> None:
        """See Producer.begin."""
        with self._events.translating(self._serve):
            self._producer.begin_transaction()

    def produce(
        self,
        records: Sequence[Outgoing],
        partitions: Mapping[str, int],
        note: Noted | None = None,
    ) -> None:
        """See Producer.produce."""
        produce = self._producer.produce
        with self._events.translating(self._serve):
            told: Any = None
            for index, record in enumerate(records):
                topic, key, value, headers, timestamp, partition = record
                if note is not None:
                    told = partial(_told, note, index)
                if partition is None:
                    if key is None:
                        partition = self._turn % partitions[topic]
                        self._turn += 1
                    else:
                        partition = partition_of(key, partitions[topic])
                # It takes 0 for "now": the first millisecond of 1970 becomes the second.
                stamp = 0 if timestamp is None else timestamp or 1
                named: Any = list(headers) if headers else None
                try:
                    produce(topic, value, key, partition, told, None, stamp, named)
                except BufferError:
                    self._produce_slowly(topic, value, key, partition, told, None, stamp, named)
            self._producer.poll(0.0)

    def send_offsets(
        self, offsets: Mapping[TopicPartition, Committed], consumer: Consumer, timeout: float
    ) -> None:
        """See Producer.send_offsets."""
        assert isinstance(consumer, ConfluentConsumer)
        if consumer.membership is None:
            raise FencedError("A member must have joined its group before it commits.")
        positions = [
            KafkaPartition(*tp, committed.offset, committed.metadata)
            for tp, committed in offsets.items()
        ]
        with self._events.translating(self._serve):
            self._producer.send_offsets_to_transaction(positions, consumer.membership, timeout)

    def commit(self, timeout: float) -> None:
        """See Producer.commit."""
        with self._events.translating(self._serve):
            self._producer.commit_transaction(timeout)
        # Who asked where records are hears of it by reports that wait here.
        self._serve()

    def abort(self, timeout: float) -> None:
        """See Producer.abort."""
        with self._events.translating(self._serve):
            self._producer.abort_transaction(timeout)

    def close(self) -> None:
        """See Producer.close."""
        with suppress(KafkaException, RuntimeError):
            self._producer.purge()
            self._serve()
        # The library's own `close` waits for brokers that are away; letting go of it does not.
        del self._producer

    def _produce_slowly(self, *given: Any) -> None:  # noqa: ANN401 - as the library takes it
        """Wait for room: it comes by reports of delivery, or of records that grew too old."""
        while True:
            self._producer.poll(ROOM_SECONDS)
            with suppress(BufferError):
                return self._producer.produce(*given)

    def _serve(self) -> None:
        # Once it was fenced, it raises that from here, too.
        with suppress(KafkaException):
            self._producer.poll(0.0)


def _told(note: Noted, index: int, error: object, message: Message) -> None:
    """Pass on where a record is; of one that was not written, `commit` tells."""
    partition, offset = message.partition(), message.offset()
    if error is None and partition is not None and offset is not None:
        note(index, partition, offset)
