"""A waiting poll wakes up soon, whoever wrote."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Timer
from time import monotonic

import pytest

from stream.records import Outgoing
from stream.transports import TopicSpec
from stream.transports.sqlite import SqliteTransport, arrivals

Write = Callable[[Sequence[Outgoing]], None]
SOON, NEVER = 2.0, 60.0


@pytest.fixture(autouse=True)
def _topic(transport: SqliteTransport) -> None:
    transport.ensure_topic(TopicSpec("t"))


def seconds_until_woken(reader: SqliteTransport, write: Write) -> float:
    session = reader.session("g", ["t"], member="m", session_timeout=10 * NEVER)
    session.poll(1, 0.0)
    timer = Timer(0.05, write, ([Outgoing("t", None, b"x")],))
    timer.start()
    started = monotonic()
    assert len(session.poll(1, NEVER).records) == 1
    took = monotonic() - started
    timer.join()
    session.close()
    return took


def test_another_connection_is_noticed(transport: SqliteTransport) -> None:
    other = SqliteTransport(transport.url)
    assert seconds_until_woken(transport, other.append) < SOON
    other.close()


def test_the_same_transport_is_heard_at_once(
    transport: SqliteTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrivals, "SHORTEST", NEVER)  # no second look without a notice
    assert seconds_until_woken(transport, transport.append) < SOON


def test_a_commit_of_the_same_transport_is_heard_at_once(
    transport: SqliteTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrivals, "SHORTEST", NEVER)
    transport.ensure_topic(TopicSpec("other"))
    producer = transport.session("h", ["other"], member="p")

    def commit(records: Sequence[Outgoing]) -> None:
        producer.begin()
        for record in records:
            producer.send(record)
        producer.commit({})

    assert seconds_until_woken(transport, commit) < SOON
    producer.close()
