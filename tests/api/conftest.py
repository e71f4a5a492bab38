"""An application over a log of its own, filled as a worker would."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog
from fastapi import FastAPI
from fastapi.testclient import TestClient
from prometheus_client import CollectorRegistry, Counter

from api.app import create_app
from stream.settings import Settings, loads
from stream.transports import Transport, connect
from tests.stream.query.conftest import describe, make_topics

CONFIGURATION = """
detectors:
  pumps:
    input: {topic: pumps, partitions: 2, features: {flow: flow}}
"""


@pytest.fixture(autouse=True)
def _plain_log() -> Iterator[None]:
    """No command that ran before has the log go to a stream that is closed by now."""
    structlog.reset_defaults()
    yield
    structlog.reset_defaults()


@pytest.fixture
def settings() -> Settings:
    """A configuration of one detector."""
    return loads(CONFIGURATION)


@pytest.fixture
def empty_transport(tmp_path: Path) -> Iterator[Transport]:
    """A log without topics."""
    transport = connect(f"sqlite:///{tmp_path}/log.db")
    yield transport
    transport.close()


@pytest.fixture
def transport(empty_transport: Transport) -> Transport:
    """A log with the detector's topics, of two partitions each."""
    make_topics(empty_transport)
    return empty_transport


@pytest.fixture
def registry() -> CollectorRegistry:
    """A registry with one counter, at 3."""
    registry = CollectorRegistry()
    Counter("cutstream_things", "Things.", registry=registry).inc(3)
    return registry


@pytest.fixture
def app(
    settings: Settings,
    transport: Transport,
    registry: CollectorRegistry,
    monkeypatch: pytest.MonkeyPatch,
) -> FastAPI:
    """The application, whose states are described by a stand-in."""
    monkeypatch.setattr("api.app.describe", describe)
    return create_app(settings, transport, registry=registry)


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    """A client of the running application that sees a failure as an answer."""
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


Refresh = Callable[[], None]


@pytest.fixture
def refresh(app: FastAPI) -> Refresh:
    """Brings the index up to date."""

    def refresh() -> None:
        for view in app.state.services.views.values():
            view.refresh()

    return refresh
