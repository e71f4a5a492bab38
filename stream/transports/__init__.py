"""Logs of topics behind one protocol; the URL says which."""

from __future__ import annotations

from models.errors import InvalidParameter
from stream.transports.kafka.options import KafkaOptions
from stream.transports.protocol import Session, TopicInfo, TopicSpec, Transport

__all__ = ["KafkaOptions", "Session", "TopicInfo", "TopicSpec", "Transport", "connect"]


def connect(url: str, kafka: KafkaOptions | None = None) -> Transport:
    """Open the log behind `url`: `sqlite:///relative.db`, `sqlite:////absolute/path.db` or
    `kafka://host:port[,host:port...]`.

    kafka: parameters that a URL has no room for; None takes the defaults.

    Raises InvalidParameter for a URL that no transport understands, TransportError when the log
    cannot be opened.
    """
    if url.startswith("sqlite:"):
        from stream.transports.sqlite import SqliteTransport

        return SqliteTransport(url)
    if url.startswith("kafka:"):
        from stream.transports.kafka.connecting import connect_kafka

        return connect_kafka(url, kafka or KafkaOptions())
    raise InvalidParameter(
        "url",
        "the transport",
        "sqlite:///relative.db, sqlite:////absolute/path.db or kafka://host:port",
        url,
    )
