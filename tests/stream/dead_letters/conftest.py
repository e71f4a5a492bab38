from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from stream.transports import Transport, connect
from tests.stream.dead_letters.letters import declare


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Transport]:
    """A log with an input topic, its dead letters, and a topic of other records."""
    transport = connect(f"sqlite:///{tmp_path}/log.db")
    declare(transport)
    yield transport
    transport.close()
