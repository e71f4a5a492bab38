"""Fixtures of the Kafka tests."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from stream.transports import KafkaOptions, Transport, connect


@pytest.fixture
def options() -> KafkaOptions:
    """How the tests of this folder connect."""
    return KafkaOptions()


@pytest.fixture
def transport_factory(kafka_address: str, options: KafkaOptions) -> Callable[[], Transport]:
    return lambda: connect(f"kafka://{kafka_address}", options)


@pytest.fixture
def short_timeout() -> float:
    return 1.5
