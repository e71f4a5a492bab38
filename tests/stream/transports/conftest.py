"""Fixtures of the transport tests. An implementation brings `transport_factory` and
`short_timeout`."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from stream.transports import Transport
from tests.stream.transports.harness import Harness


@pytest.fixture
def harness(transport_factory: Callable[[], Transport], short_timeout: float) -> Iterator[Harness]:
    """One log with topics and groups of this test only."""
    made = Harness(transport_factory, short_timeout)
    yield made
    made.close()
