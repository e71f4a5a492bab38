"""confluent-kafka, told where the brokers are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any

from confluent_kafka import KafkaException
from kafka.errors import KafkaConnectionError, SaslAuthenticationFailedError

from stream.errors import TransportError
from stream.transports.kafka.client import Admin, Unavailable
from stream.transports.kafka.confluent.consumer import ConfluentConsumer
from stream.transports.kafka.confluent.errors import kafka_error, translated
from stream.transports.kafka.confluent.producer import ConfluentProducer
from stream.transports.kafka.confluent.reader import ConfluentReader
from stream.transports.kafka.kafka_python.client import KafkaPythonClient
from stream.transports.kafka.options import KafkaOptions
from stream.transports.kafka.security import librdkafka_security

Settings = dict[str, Any]


class ConfluentClient:
    """Implements stream.transports.kafka.client.Client.

    Records go through librdkafka, questions about topics and groups through kafka-python:
    librdkafka's AdminClient (2.16) aborts the whole process when a broker that it waits for restarts.

    servers: `host:port` of some brokers. Raises InvalidParameter for security options that cannot
    be used.
    """

    def __init__(self, servers: Sequence[str], options: KafkaOptions) -> None:
        self._transaction_timeout = options.transaction_timeout
        self._admins = KafkaPythonClient(servers, options)
        self._settings: Settings = {
            "bootstrap.servers": ",".join(servers),
            "client.id": "cutstream",
            # The callers repeat, and want to know soon.
            "reconnect.backoff.max.ms": 1000,
            # How long it waits when the markers of the last transaction are still being written.
            "retry.backoff.ms": 10,
            # Starting over from the bootstrap servers, a producer never finds its coordinator again
            # when the only broker has restarted (librdkafka 2.16).
            "metadata.recovery.strategy": "none",
            "socket.nagle.disable": True,
            "enable.metrics.push": False,
            **librdkafka_security(options),
        }

    def consumer(
        self, group: str, topics: Sequence[str], member: str, session_timeout: float
    ) -> ConfluentConsumer:
        """See Client.consumer."""

        def owner() -> str | None:
            with closing(self.admin()) as admin:
                return admin.member_id(group, member)

        with self._identified() as settings:
            return ConfluentConsumer(settings, group, topics, member, session_timeout, owner)

    def producer(self, transactional_id: str) -> ConfluentProducer:
        """See Client.producer."""
        with self._identified() as settings:
            return ConfluentProducer(settings, transactional_id, self._transaction_timeout)

    def reader(self) -> ConfluentReader:
        """See Client.reader."""
        with self._identified() as settings:
            return ConfluentReader(settings)

    def admin(self) -> Admin:
        """See Client.admin."""
        return self._admins.admin()

    @contextmanager
    def _identified(self) -> Iterator[Settings]:
        """The settings, once a token is at hand if one is needed: making a client waits ten seconds
        for it, and then says no more than that."""
        try:
            if "oauth_cb" in self._settings:
                self._settings["oauth_cb"]("")
            yield self._settings
        except SaslAuthenticationFailedError as error:
            raise TransportError(
                f"Kafka must accept the client's identity, got {error}."
            ) from error
        except KafkaConnectionError as error:
            raise Unavailable(str(error)) from error
        except KafkaException as exception:
            raise translated(kafka_error(exception)) from exception
