"""Producers that are not ours, writing transactions into the input."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import uuid4

from stream.records import Outgoing, TopicPartition
from stream.transports import KafkaOptions, Transport
from stream.transports.kafka.connecting import open_client
from tests.conftest import wait_until

SECONDS = 10.0


class Upstream:
    """One transactional producer."""

    def __init__(self, address: str, *, transaction_timeout: float = 60.0) -> None:
        options = KafkaOptions(transaction_timeout=transaction_timeout)
        self._producer = open_client([address], options).producer(f"upstream-{uuid4().hex}")
        self._producer.init(SECONDS)

    def write(self, transport: Transport, topic: str, values: Sequence[bytes]) -> None:
        """Put records into partition 0 in a transaction that stays open, and wait until they are
        in the log."""
        before = end_of(transport, topic)
        self._producer.begin()
        self._producer.produce([Outgoing(topic, None, v, partition=0) for v in values], {topic: 1})
        wait_until(lambda: end_of(transport, topic) >= before + len(values))

    def abort(self) -> None:
        """Abort the transaction."""
        self._producer.abort(SECONDS)

    def die(self) -> None:
        """Go without a word: the transaction stays open."""
        self._producer.close()


def end_of(transport: Transport, topic: str) -> int:
    """Where partition 0 ends, open transactions included."""
    return transport.topics()[topic].bounds[0][1]


def first_partition(topic: str) -> TopicPartition:
    """Partition 0."""
    return TopicPartition(topic, 0)
