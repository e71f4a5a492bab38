"""The records of a transaction before they are handed to the client library."""

from __future__ import annotations

from models.errors import InvalidParameter
from stream.records import Outgoing
from stream.transports.checks import check_key, check_partition
from stream.transports.kafka.client import Noted, Producer
from stream.transports.kafka.cluster import Cluster, Topic

FRAMING_BYTES = 10
"""What Kafka's format adds to a header, at the most."""
BATCH_BYTES = 128
"""What it adds to a batch of one record, at the most."""


class Outbox:
    """Takes records that passed every check, so that a broker can refuse them for its own reasons
    only. Handing them over in lists keeps the way of a single record short."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._limit = cluster.max_record_bytes()
        self._topics: dict[str, Topic] = {}
        self._partitions: dict[str, int] = {}
        self._records: list[Outgoing] = []

    def add(self, record: Outgoing) -> int:
        """Take a record, and return how many there are now. Raises UnknownTopic, InvalidParameter,
        and then does not take it."""
        name, key, value, _, _, partition = record
        topic = self._topics.get(name) or self._look_up(name)
        if partition is not None:
            check_partition(name, partition, topic.partitions)
        if key is None:
            size = 0
            if topic.compact:
                check_key(name, key)
        else:
            size = len(key)
        if value is not None:
            size += len(value)
        if size > self._limit:
            _check_size(record, size, topic)
        self._records.append(record)
        return len(self._records)

    def flush(self, producer: Producer, note: Noted | None = None) -> None:
        """Hand the records to the producer; `note` as in Producer.produce."""
        if self._records:
            records, self._records = self._records, []
            producer.produce(records, self._partitions, note)

    def clear(self) -> None:
        """Drop the records; what is known of the topics stays."""
        self._records = []

    def _look_up(self, name: str) -> Topic:
        topic = self._topics[name] = self._cluster.topic(name)
        self._partitions[name] = topic.partitions
        return topic


def _check_size(record: Outgoing, size: int, topic: Topic) -> None:
    """Raise InvalidParameter for a record that no batch of its topic can hold."""
    size += sum(len(name.encode()) + len(value) + FRAMING_BYTES for name, value in record.headers)
    limit = topic.message_limit - BATCH_BYTES
    if size > limit:
        owner = f"a record for topic {topic.name!r}"
        raise InvalidParameter("size", owner, f"at most {limit} bytes with its headers", size)
