"""The SQLite transport keeps the contract."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from stream.transports import Transport, connect
from tests.stream.transports.contract import TransportContract


@pytest.fixture
def transport_factory(tmp_path: Path) -> Callable[[], Transport]:
    return lambda: connect(f"sqlite:///{tmp_path}/log.db")


@pytest.fixture
def short_timeout() -> float:
    return 0.4


class TestSqlite(TransportContract):
    """See contract.py."""
