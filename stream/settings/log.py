"""Where the log of a configuration is, and how to get in."""

from __future__ import annotations

from typing import NamedTuple

from stream.transports import KafkaOptions, Transport, connect


class LogAddress(NamedTuple):
    """What it takes to open a log."""

    url: str
    kafka: KafkaOptions = KafkaOptions()
    """Of no effect unless the URL is that of a Kafka cluster."""

    def open(self) -> Transport:
        """Connect. Raises InvalidParameter and TransportError."""
        return connect(self.url, self.kafka)
