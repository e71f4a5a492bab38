"""What every test may use."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from threading import Event
from time import monotonic

import pytest
import structlog
from hypothesis import settings

# The first call of a kernel compiles it, which no deadline per example could tell from a slow one.
settings.register_profile("cutstream", deadline=None)
settings.load_profile("cutstream")

pytest_plugins = ["tests.broker.fixtures"]


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of the person who runs the tests reaches them."""
    for name in os.environ:
        if name.startswith("CUTSTREAM_"):
            monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def _default_logging() -> Iterator[None]:
    """What a command sets up for its own log does not reach the next test."""
    yield
    structlog.reset_defaults()


def wait_until(condition: Callable[[], bool], seconds: float = 30.0) -> None:
    """Return as soon as `condition` holds; fail the test if it does not within `seconds`."""
    pause, end = Event(), monotonic() + seconds
    while not condition():
        assert monotonic() < end, f"{condition} did not hold within {seconds} s"
        pause.wait(0.01)
