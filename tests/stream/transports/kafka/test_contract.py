"""The Kafka transport keeps the contract, on kafka-python."""

from __future__ import annotations

from tests.stream.transports.contract import TransportContract


class TestKafka(TransportContract):
    """See contract.py; the fixtures are in conftest.py."""
