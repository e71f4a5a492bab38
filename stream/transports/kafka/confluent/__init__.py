"""The client protocol on confluent-kafka (librdkafka), the extra `fast`."""

from __future__ import annotations

from stream.transports.kafka.confluent.client import ConfluentClient

__all__ = ["ConfluentClient"]
