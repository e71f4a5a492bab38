"""Fixtures of the SQLite tests: a log file, and a clock that moves when told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from stream.transports import Transport, connect
from stream.transports.sqlite import SqliteTransport


class Clock:
    """Seconds since the epoch."""

    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "log.db"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def transport(path: Path, clock: Clock) -> Iterator[SqliteTransport]:
    """A log whose clock stands still, and which gives up soon."""
    opened = SqliteTransport(f"sqlite:///{path}?timeout=0.3", clock=clock)
    yield opened
    opened.close()


@pytest.fixture
def transport_factory(path: Path) -> Callable[[], Transport]:
    return lambda: connect(f"sqlite:///{path}")


@pytest.fixture
def short_timeout() -> float:
    return 0.4
