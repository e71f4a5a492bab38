"""Fixtures of the tests of one client library."""

from __future__ import annotations

import pytest

from stream.transports import KafkaOptions


@pytest.fixture
def options() -> KafkaOptions:
    return KafkaOptions(client="confluent")
