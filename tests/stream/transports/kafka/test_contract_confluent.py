"""The Kafka transport keeps the contract, on confluent-kafka."""

from __future__ import annotations

import pytest

from stream.transports import KafkaOptions
from tests.stream.transports.contract import TransportContract


@pytest.fixture
def options() -> KafkaOptions:
    return KafkaOptions(client="confluent")


class TestConfluent(TransportContract):
    """See contract.py; the other fixtures are in conftest.py."""
