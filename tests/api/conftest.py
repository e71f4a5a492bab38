"""An application over a log of its own, filled as a worker would."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from prometheus_client import CollectorRegistry, Counter

from api.app import create_app
from stream.settings import Settings, loads
from stream.transports import Transport
from tests.stream.query.conftest import describe, empty_transport, transport

__all__ = ["empty_transport", "transport"]

CONFIGURATION = """
detectors:
  pumps:
    input: {topic: pumps, partitions: 2, features: {flow: flow}}
"""


@pytest.fixture
def settings() -> Settings:
    """A configuration of one detector, of which no live states are kept."""
    return loads("api: {follow: false}\n" + CONFIGURATION)


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
