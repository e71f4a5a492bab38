"""A view of one detector over a log of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from models.errors import CorruptState
from stream.query import DetectorTopics, DetectorView
from stream.transports import Transport, connect
from stream.transports.protocol import TopicSpec
from tests.stream.query.records import GROUP, INPUT, NAME, OUTPUT, SNAPSHOTS

TOPICS = DetectorTopics(INPUT, OUTPUT, SNAPSHOTS, GROUP)

MakeView = Callable[..., DetectorView]


def describe(state: bytes) -> Mapping[str, Any]:
    """A stand-in for a detector's own summary: the state is its number of observations."""
    if not state.isdigit():
        raise CorruptState(f"The state must be a number, got {state!r}.")
    return {"version": 1, "observations": int(state)}


def make_topics(transport: Transport, partitions: int = 2) -> None:
    """Create the topics of the detector."""
    for name in (INPUT, OUTPUT):
        transport.ensure_topic(TopicSpec(name, partitions))
    transport.ensure_topic(TopicSpec(SNAPSHOTS, partitions, compact=True))


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
def make_view(empty_transport: Transport) -> Iterator[MakeView]:
    """Makes views of that log; closes them afterwards."""
    views: list[DetectorView] = []

    def make(transport: Transport = empty_transport, **limits: int) -> DetectorView:
        views.append(DetectorView(transport, NAME, TOPICS, describe, **limits))
        return views[-1]

    yield make
    for view in views:
        view.close()


@pytest.fixture
def view(transport: Transport, make_view: MakeView) -> DetectorView:
    """One view with the usual limits."""
    return make_view(transport)
