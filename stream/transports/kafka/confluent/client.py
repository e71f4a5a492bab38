"""confluent-kafka, told where the brokers are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from stream.transports.kafka.confluent.admin import ConfluentAdmin
from stream.transports.kafka.confluent.consumer import ConfluentConsumer
from stream.transports.kafka.confluent.producer import ConfluentProducer
from stream.transports.kafka.confluent.reader import ConfluentReader
from stream.transports.kafka.options import KafkaOptions
from stream.transports.kafka.security import librdkafka_security

Settings = dict[str, Any]


class ConfluentClient:
    """Implements stream.transports.kafka.client.Client.

    servers: `host:port` of some brokers. Raises InvalidParameter for security options that cannot
    be used.
    """

    def __init__(self, servers: Sequence[str], options: KafkaOptions) -> None:
        self._transaction_timeout = options.transaction_timeout
        self._settings: Settings = {
            "bootstrap.servers": ",".join(servers),
            "client.id": "cutstream",
            # The callers repeat, and want to know soon.
            "reconnect.backoff.max.ms": 1000,
            # How long it waits when the markers of the last transaction are still being written.
            "retry.backoff.ms": 10,
            "socket.nagle.disable": True,
            "enable.metrics.push": False,
            **librdkafka_security(options),
        }

    def consumer(
        self, group: str, topics: Sequence[str], member: str, session_timeout: float
    ) -> ConfluentConsumer:
        """See Client.consumer."""

        def owner() -> str | None:
            return self.admin().member_id(group, member)

        return ConfluentConsumer(self._settings, group, topics, member, session_timeout, owner)

    def producer(self, transactional_id: str) -> ConfluentProducer:
        """See Client.producer."""
        return ConfluentProducer(self._settings, transactional_id, self._transaction_timeout)

    def reader(self) -> ConfluentReader:
        """See Client.reader."""
        return ConfluentReader(self._settings)

    def admin(self) -> ConfluentAdmin:
        """See Client.admin."""
        return ConfluentAdmin(self._settings)
