from __future__ import annotations

from collections.abc import Iterator

import pytest

from stream.errors import TransportUnavailable
from stream.query import DetectorView, Refresher
from stream.transports import Transport
from tests.conftest import wait_until
from tests.stream.query.conftest import MakeView, make_topics
from tests.stream.query.records import NAME, score


@pytest.fixture
def refresher(view: DetectorView) -> Iterator[Refresher]:
    refresher = Refresher([view], interval=0.01)
    yield refresher
    refresher.close()


def test_it_brings_what_is_new(
    transport: Transport, view: DetectorView, refresher: Refresher
) -> None:
    refresher.start()
    transport.append([score("a")])
    wait_until(lambda: view.entities.get("a") is not None)
    transport.append([score("b")])
    wait_until(lambda: view.entities.get("b") is not None)
    assert refresher.errors == {}


def test_it_waits_for_topics(empty_transport: Transport, make_view: MakeView) -> None:
    view = make_view()
    refresher = Refresher([view], interval=0.01)
    refresher.start()
    try:
        wait_until(lambda: NAME in refresher.errors)
        assert "must exist" in refresher.errors[NAME]
        make_topics(empty_transport)
        wait_until(view.caught_up.is_set)
        wait_until(lambda: not refresher.errors)
    finally:
        refresher.close()


def test_it_goes_on_after_a_fault(
    view: DetectorView, refresher: Refresher, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> None:
        raise TransportUnavailable("The log is away.")

    refresher.start()
    wait_until(view.caught_up.is_set)
    monkeypatch.setattr(view.transport, "topics", away)
    wait_until(lambda: refresher.errors == {NAME: "The log is away."})
    assert view.caught_up.is_set()
    monkeypatch.undo()
    wait_until(lambda: not refresher.errors)


def test_it_survives_what_nobody_expected(
    transport: Transport,
    view: DetectorView,
    refresher: Refresher,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(view.scores, "add", fail)
    transport.append([score("a")])
    refresher.start()
    wait_until(lambda: bool(refresher.errors))
    assert refresher.errors == {NAME: "The index failed: ZeroDivisionError('a bug')."}
    monkeypatch.undo()
    wait_until(lambda: view.entities.get("a") is not None)


def test_closing_one_that_never_started_is_nothing(view: DetectorView) -> None:
    Refresher([view]).close()
