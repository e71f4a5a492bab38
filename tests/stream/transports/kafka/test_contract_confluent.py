"""The Kafka transport keeps the contract, on confluent-kafka."""

from __future__ import annotations

import pytest

from stream.transports.kafka.options import Client
from tests.stream.transports.contract import TransportContract


@pytest.fixture
def client() -> Client:
    return "confluent"


class TestConfluent(TransportContract):
    """See contract.py; the other fixtures are in conftest.py."""
