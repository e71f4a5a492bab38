"""A transactional producer on kafka-python."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from itertools import count
from typing import Any, TypeVar

from kafka import KafkaProducer
from kafka import TopicPartition as KafkaPartition
from kafka.errors import KafkaError
from kafka.producer.transaction_manager import TransactionalRequestResult
from kafka.structs import OffsetAndMetadata

from stream.errors import FencedError
from stream.records import Committed, Outgoing, TopicPartition
from stream.transports.kafka.client import Consumer, Noted, Unavailable
from stream.transports.kafka.kafka_python.connections import connected
from stream.transports.kafka.kafka_python.consumer import KafkaPythonConsumer
from stream.transports.kafka.kafka_python.errors import translated, translating
from stream.transports.kafka.positions import terminated
from stream.transports.partitioner import partition_of

T = TypeVar("T")

BATCH_BYTES = 128 * 1024
REQUEST_BYTES = 8 * 1024 * 1024
LINGER_MS = 5
RETRY_MS = 10
"""The library sleeps for so long when the markers of the last transaction are still being written."""
CLOSE_SECONDS = 2.0


class KafkaPythonProducer:
    """Implements stream.transports.kafka.client.Producer.

    Records go straight into the library's accumulator: its `send` takes a third of a member's time
    for checks that were made already, and refuses a record with neither key nor value.
    """

    def __init__(
        self,
        settings: Mapping[str, Any],
        transactional_id: str,
        transaction_timeout: float,
        patience: float,
    ) -> None:
        """patience: seconds that `produce` may wait for the leaders of a topic."""
        self._producer = connected(
            KafkaProducer,
            settings,
            transactional_id=transactional_id,
            transaction_timeout_ms=max(1, round(transaction_timeout * 1000)),
            allow_auto_create_topics=False,
            batch_size=BATCH_BYTES,
            max_request_size=REQUEST_BYTES,
            linger_ms=LINGER_MS,
            retry_backoff_ms=RETRY_MS,
            max_block_ms=round(patience * 1000),
            metrics_enabled=False,
        )
        self._transactions = self._producer._transaction_manager
        # Else, when the brokers have ended a transaction, it would begin a new epoch by itself,
        # lose the records in flight, and may call the commit a success.
        self._transactions._supports_epoch_bump = lambda: False
        self._transactions.classify_batch_error = _abortable(self._transactions)
        self._initialised: Any = None
        self._partitions: dict[tuple[str, int], KafkaPartition] = {}
        self._turn = 0

    def init(self, timeout: float) -> None:
        """See Producer.init."""
        with translating():
            if self._initialised is None:
                self._initialised = self._transactions.initialize_transactions()
        self._wait(self._initialised, timeout, "initialise the producer")

    def begin(self) -> None:
        """See Producer.begin."""
        # The library keeps offsets that were refused, and would commit them with the next transaction.
        self._transactions._pending_txn_offset_commits.clear()
        self._partitions.clear()
        self._call(self._transactions.begin_transaction)

    def produce(
        self,
        records: Sequence[Outgoing],
        partitions: Mapping[str, int],
        note: Noted | None = None,
    ) -> None:
        """See Producer.produce."""
        append = self._producer._accumulator.append
        known = self._partitions
        places = count()
        for topic, key, value, headers, timestamp, partition in records:
            if partition is None:
                if key is None:
                    partition = self._turn % partitions[topic]  # noqa: PLW2901 - the hot path
                    self._turn += 1
                else:
                    partition = partition_of(key, partitions[topic])  # noqa: PLW2901 - the same
            place = known.get((topic, partition)) or self._add(topic, partition)
            future = append(place, timestamp, key, value, headers)[0]
            if note is not None:
                future.add_callback(partial(_told, note, next(places)))
        self._producer._sender.wakeup()

    def send_offsets(
        self, offsets: Mapping[TopicPartition, Committed], consumer: Consumer, timeout: float
    ) -> None:
        """See Producer.send_offsets."""
        assert isinstance(consumer, KafkaPythonConsumer)
        membership = consumer.membership
        if membership is None:
            raise FencedError("A member must have joined its group before it commits.")
        positions = {
            KafkaPartition(*tp): OffsetAndMetadata(to.offset, terminated(to.metadata), -1)
            for tp, to in offsets.items()
        }
        sent = self._call(
            lambda: self._transactions.send_offsets_to_transaction(positions, membership)
        )
        self._wait(sent, timeout, "take the offsets")

    def commit(self, timeout: float) -> None:
        """See Producer.commit."""
        self._wait(self._call(self._transactions.begin_commit), timeout, "answer the commit")

    def abort(self, timeout: float) -> None:
        """See Producer.abort."""
        self._wait(self._call(self._transactions.begin_abort), timeout, "answer the abort")

    def close(self) -> None:
        """See Producer.close."""
        sender = self._producer._sender
        sender.force_close()
        sender.join(CLOSE_SECONDS)
        with suppress(KafkaError, OSError):
            self._producer.close(timeout=0)

    def _add(self, topic: str, partition: int) -> KafkaPartition:
        """Make a partition part of the transaction."""
        place = KafkaPartition(topic, partition)
        # Leaders must be known before a send.
        self._call(lambda: self._producer.partitions_for(topic))
        self._call(lambda: self._transactions.maybe_add_partition_to_transaction(place))
        self._partitions[(topic, partition)] = place
        return place

    def _call(self, action: Callable[[], T]) -> T:
        try:
            return action()
        except KafkaError as error:
            # The library only quotes what has gone wrong before.
            raise translated(self._transactions.last_error or error) from error

    def _wait(self, result: TransactionalRequestResult, timeout: float, what: str) -> None:
        self._producer._sender.wakeup()
        with translating():
            done = result.wait(timeout * 1000.0)
        if not done:
            raise Unavailable(f"The brokers did not {what} within {timeout:g} s")


def _told(note: Noted, index: int, written: Any) -> None:  # noqa: ANN401 - the library has no types
    """Pass on where a record is."""
    note(index, written.partition, written.offset)


def _abortable(transactions: Any) -> Callable[..., str]:  # noqa: ANN401 - the library has no types
    """What the library calls the error of records that it gives up.

    Of one that passes, for which no time is left, it would only drop the records, and call the commit
    of what remains a success.
    """
    classify = transactions.classify_batch_error

    def classified(*arguments: object, **named: object) -> str:
        kind = classify(*arguments, **named)
        gives_up = kind == transactions.ERROR_CLASS_RETRIABLE
        return str(transactions.ERROR_CLASS_ABORTABLE if gives_up else kind)

    return classified
