"""Fixtures of the Kafka tests."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from stream.transports import KafkaOptions, Transport, connect
from stream.transports.kafka.options import Client

CLIENTS: tuple[Client, ...] = ("kafka-python", "confluent")


@pytest.fixture
def client() -> Client:
    """The library that the tests use. Modules that are about both parametrise it with CLIENTS."""
    return "kafka-python"


@pytest.fixture
def options(client: Client) -> KafkaOptions:
    """How the tests of this folder connect."""
    return KafkaOptions(client=client)


@pytest.fixture
def transport_factory(kafka_address: str, options: KafkaOptions) -> Callable[[], Transport]:
    return lambda: connect(f"kafka://{kafka_address}", options)


@pytest.fixture
def short_timeout() -> float:
    return 1.5
