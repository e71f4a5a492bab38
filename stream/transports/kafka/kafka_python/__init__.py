"""The client protocol on kafka-python, the default."""

from __future__ import annotations

from stream.transports.kafka.kafka_python.client import KafkaPythonClient

__all__ = ["KafkaPythonClient"]
