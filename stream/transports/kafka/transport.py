"""A Kafka cluster behind the transport protocol."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from models.errors import InvalidParameter
from stream.records import Appended, Committed, Outgoing, Record, TopicPartition
from stream.transports.kafka.appending import Appender
from stream.transports.kafka.client import Client
from stream.transports.kafka.cluster import Cluster, TopicInfos
from stream.transports.kafka.options import KafkaOptions
from stream.transports.kafka.reading import Readers
from stream.transports.kafka.retrying import Retries
from stream.transports.kafka.session import KafkaSession
from stream.transports.kafka.topic_configs import check_name
from stream.transports.protocol import TopicInfo, TopicSpec


class KafkaTransport:
    """Implements stream.transports.protocol.Transport; safe to share between threads.

    url: `kafka://host:port[,host:port...]`. client: the library to be used, told the same address.
    Nothing is connected before it is needed, so brokers that are away raise TransportUnavailable
    from the verbs, after `options.retry_for` seconds.
    """

    def __init__(self, url: str, client: Client, options: KafkaOptions) -> None:
        self.url = url
        self._client = client
        self._retries = Retries(options.retry_for, url)
        self._cluster = Cluster(client, self._retries, options.replication_factor)
        self._appender = Appender(client, self._cluster, self._retries)
        # The brokers look for transactions that are overdue every ten seconds.
        patience = self._retries.patience + options.transaction_timeout + 10.0
        self._readers = Readers(client, self._retries, patience)

    @property
    def max_record_bytes(self) -> int:
        """See Transport.max_record_bytes: the brokers' limit of a batch, less room for headers."""
        return self._cluster.max_record_bytes()

    def ensure_topic(self, spec: TopicSpec) -> None:
        """See Transport.ensure_topic."""
        self._cluster.ensure(spec)

    def topics(self) -> Mapping[str, TopicInfo]:
        """See Transport.topics; the brokers' own topics (`__*`) are left out."""
        return TopicInfos(self._cluster)

    def append(self, records: Sequence[Outgoing]) -> list[Appended]:
        """See Transport.append. Raises InvalidParameter for a record that its topic cannot hold."""
        return self._appender.append(records)

    def read(
        self,
        tp: TopicPartition,
        start: int,
        stop: int | None = None,
        *,
        newest: bool = False,  # noqa: ARG002 - brokers send whole batches, whatever is wanted of them
    ) -> Iterator[Record]:
        """See Transport.read. Raises UnknownTopic, InvalidParameter."""
        self._cluster.check(tp)
        first, end = self._cluster.bounds([tp])[tp]
        until = end if stop is None else min(stop, end)
        return self._readers.scan(tp, max(start, first), until)

    def readable(self, tp: TopicPartition) -> int:
        """See Transport.readable: the last stable offset. Raises InvalidParameter."""
        self._cluster.check(tp)
        return self._cluster.stable_end(tp)

    def committed(self, group: str) -> dict[TopicPartition, Committed]:
        """See Transport.committed."""
        return self._cluster.committed(group)

    def session(
        self, group: str, topics: Sequence[str], *, member: str, session_timeout: float = 10.0
    ) -> KafkaSession:
        """See Transport.session."""
        if not topics:
            raise InvalidParameter("topics", "a session", "at least one topic", topics)
        if session_timeout <= 0.0:
            raise InvalidParameter("session_timeout", "a session", "above 0", session_timeout)
        check_name("member", "a session", member)
        for topic in topics:
            self._cluster.topic(topic)
        consumer = self._retries.run(
            lambda: self._client.consumer(group, topics, member, session_timeout),
            "accept a consumer",
        )
        try:
            return KafkaSession(self._client, self._cluster, self._retries, consumer, group, member)
        except BaseException:
            consumer.close()
            raise

    def apply_retention(self, now_ms: int) -> int:  # noqa: ARG002 - the protocol's; brokers have clocks
        """See Transport.apply_retention: the brokers delete and compact by themselves, so there is
        nothing to be done, and always 0."""
        return 0

    def close(self) -> None:
        """See Transport.close (again is harmless)."""
        self._readers.close()
        self._appender.close()
        self._cluster.close()
