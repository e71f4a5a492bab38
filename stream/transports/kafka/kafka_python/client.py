"""kafka-python, told where the brokers are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from stream.transports.kafka.kafka_python.admin import KafkaPythonAdmin
from stream.transports.kafka.kafka_python.consumer import KafkaPythonConsumer
from stream.transports.kafka.kafka_python.producer import KafkaPythonProducer
from stream.transports.kafka.kafka_python.reader import KafkaPythonReader
from stream.transports.kafka.options import KafkaOptions
from stream.transports.kafka.retrying import PATIENCE
from stream.transports.kafka.security import kafka_python_security

Settings = dict[str, Any]


class KafkaPythonClient:
    """Implements stream.transports.kafka.client.Client.

    servers: `host:port` of some brokers. Raises InvalidParameter for security options that cannot
    be used.
    """

    def __init__(self, servers: Sequence[str], options: KafkaOptions) -> None:
        self._transaction_timeout = options.transaction_timeout
        self._patience = max(options.retry_for, PATIENCE)
        self._settings: Settings = {
            "bootstrap_servers": list(servers),
            "client_id": "cutstream",
            # The callers repeat, and want to know soon.
            "bootstrap_timeout_ms": 5000,
            "reconnect_backoff_max_ms": 1000,
            **kafka_python_security(options),
        }

    def consumer(
        self, group: str, topics: Sequence[str], member: str, session_timeout: float
    ) -> KafkaPythonConsumer:
        """See Client.consumer."""
        return KafkaPythonConsumer(self._settings, group, topics, member, session_timeout)

    def producer(self, transactional_id: str) -> KafkaPythonProducer:
        """See Client.producer."""
        return KafkaPythonProducer(
            self._settings, transactional_id, self._transaction_timeout, self._patience
        )

    def reader(self) -> KafkaPythonReader:
        """See Client.reader."""
        return KafkaPythonReader(self._settings)

    def admin(self) -> KafkaPythonAdmin:
        """See Client.admin."""
        return KafkaPythonAdmin(self._settings)
