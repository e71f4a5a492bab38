"""The only broker restarts under a confluent-kafka transaction."""

from __future__ import annotations

import pytest

from stream.transports import KafkaOptions
from tests.stream.transports.kafka.test_outages import (  # noqa: F401 - pytest collects them
    broker,
    test_a_commit_outlives_a_restart_of_the_coordinator,
    transport_factory,
)


@pytest.fixture
def options() -> KafkaOptions:
    return KafkaOptions(client="confluent", transaction_timeout=60.0)
