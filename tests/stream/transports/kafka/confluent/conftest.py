"""Fixtures of the tests of one client library."""

from __future__ import annotations

import pytest

from stream.transports.kafka.options import Client


@pytest.fixture
def client() -> Client:
    return "confluent"
