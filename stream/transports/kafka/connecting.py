"""Which client library a connection is made with."""

from __future__ import annotations

from collections.abc import Sequence

from models.errors import InvalidParameter
from stream.transports.kafka.address import bootstrap_servers
from stream.transports.kafka.client import Client
from stream.transports.kafka.options import KafkaOptions
from stream.transports.kafka.transport import KafkaTransport


def connect_kafka(url: str, options: KafkaOptions) -> KafkaTransport:
    """Make a transport; it connects when it is used.

    Raises InvalidParameter for an address or options that cannot be used, and for a client library
    that is not installed.
    """
    return KafkaTransport(url, open_client(bootstrap_servers(url), options), options)


def open_client(servers: Sequence[str], options: KafkaOptions) -> Client:
    """The client library that the options ask for."""
    if options.client == "confluent":
        return _confluent(servers, options)
    from stream.transports.kafka.kafka_python import KafkaPythonClient

    return KafkaPythonClient(servers, options)


def _confluent(servers: Sequence[str], options: KafkaOptions) -> Client:
    try:
        from stream.transports.kafka.confluent import ConfluentClient
    except ModuleNotFoundError as error:
        if error.name != "confluent_kafka":
            raise
        rule = (
            "'kafka-python', unless the extra 'fast' is installed (pip install 'cutstream[fast]')"
        )
        raise InvalidParameter("client", "the Kafka transport", rule, options.client) from error
    return ConfluentClient(servers, options)
