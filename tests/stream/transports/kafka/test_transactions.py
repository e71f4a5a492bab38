"""What other people's transactions, and our own that end badly, leave behind."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import pytest

from stream.errors import FencedError, TransportUnavailable
from stream.records import Outgoing
from stream.transports import KafkaOptions, Transport, connect
from stream.transports.kafka.client import Unavailable
from stream.transports.kafka.options import Client
from stream.transports.kafka.session import KafkaSession
from tests.conftest import wait_until
from tests.stream.transports.harness import Harness, after, commit_copies, consume
from tests.stream.transports.kafka.conftest import CLIENTS
from tests.stream.transports.kafka.upstream import Upstream, end_of, first_partition


@pytest.fixture(params=CLIENTS)
def client(request: pytest.FixtureRequest) -> Client:
    return cast(Client, request.param)


def test_aborted_input_is_never_delivered(harness: Harness, kafka_address: str) -> None:
    topic = harness.topic()
    upstream = Upstream(kafka_address)
    for part in range(3):
        harness.fill(topic, [b"good-%d" % part])
        upstream.write(harness.transport, topic, [b"bad"] * 5)
        upstream.abort()
    upstream.die()
    good = [b"good-0", b"good-1", b"good-2"]
    assert harness.values(topic) == good
    session = harness.joined(topic)
    assert [r.value for r in consume(session, 3)] == good
    harness.fill(topic, [b"last"])
    [last] = consume(session, 1)
    assert last.value == b"last"
    # A range of nothing but aborted records and markers ends too.
    assert list(harness.transport.read(first_partition(topic), last.offset + 1)) == []


def test_a_transaction_that_a_killed_producer_left_is_waited_for(
    harness: Harness, kafka_address: str
) -> None:
    topic = harness.topic()
    upstream = Upstream(kafka_address, transaction_timeout=1.0)
    upstream.write(harness.transport, topic, [b"orphan"])
    upstream.die()
    harness.fill(topic, [b"behind"])
    # Committed before the call, but held back until the brokers have aborted the orphan.
    assert harness.values(topic) == [b"behind"]
    assert [r.value for r in consume(harness.joined(topic), 1)] == [b"behind"]


def test_what_lies_before_an_open_transaction_comes_at_once(
    harness: Harness, kafka_address: str
) -> None:
    topic = harness.topic()
    harness.fill(topic, [b"a", b"b"])
    upstream = Upstream(kafka_address)
    upstream.write(harness.transport, topic, [b"open"])
    tp = first_partition(topic)
    readable = harness.transport.readable(tp)
    assert [r.value for r in harness.transport.read(tp, 0, readable)] == [b"a", b"b"]
    assert readable < end_of(harness.transport, topic)
    records = harness.transport.read(tp, 0)
    assert [next(records).value, next(records).value] == [b"a", b"b"]
    upstream.abort()
    assert list(records) == []
    upstream.die()


@pytest.fixture
def impatient(kafka_address: str, client: Client) -> Callable[[], Transport]:
    """Opens clients whose transactions are soon timed out."""
    options = KafkaOptions(client=client, transaction_timeout=1.0, retry_for=30.0)
    return lambda: connect(f"kafka://{kafka_address}", options)


def test_a_transaction_that_took_too_long_is_fenced_and_can_be_repeated(
    harness: Harness, impatient: Callable[[], Transport]
) -> None:
    source, target = harness.topic(), harness.topic()
    harness.fill(source, [b"a"])
    transport = impatient()
    session = transport.session(harness.group, [source], member="m1")
    records = consume(session, 1)
    session.begin()
    for number in range(1000):  # enough to be handed to the brokers
        session.send(Outgoing(target, None, b"%d" % number))
    wait_until(lambda: end_of(harness.transport, target) == 1001)  # with the marker of the abort
    with pytest.raises(FencedError):
        session.commit(after(records))
    session.abort()
    assert session.committed(first_partition(source)) is None
    commit_copies(session, records, target)
    assert harness.values(target) == [b"a"]
    session.close()
    transport.close()


def test_the_brokers_tell_how_a_commit_of_unknown_outcome_ended(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, target = harness.topic(), harness.topic()
    harness.fill(source, [b"a", b"b"])
    session = harness.joined(source)
    assert isinstance(session, KafkaSession)
    records = consume(session, 2)
    producer = session._writer._producer
    assert producer is not None
    commit = producer.commit

    def answer_lost(timeout: float) -> None:
        commit(timeout)
        raise Unavailable("the connection broke")

    monkeypatch.setattr(producer, "commit", answer_lost)
    with pytest.raises(TransportUnavailable, match=r"commit a transaction.*the connection broke"):
        commit_copies(session, records[:1], target)
    session.abort()
    position = session.committed(first_partition(source))
    assert position is not None
    assert position.offset == records[0].offset + 1  # it was committed, and must not be repeated
    session.seek(first_partition(source), position.offset)
    commit_copies(session, consume(session, 1), target)
    assert harness.values(target) == [b"a", b"b"]


def test_a_commit_that_was_never_sent_is_undone_before_anybody_asks(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, target = harness.topic(), harness.topic()
    harness.fill(source, [b"a"])
    session = harness.joined(source)
    assert isinstance(session, KafkaSession)
    records = consume(session, 1)
    producer = session._writer._producer
    assert producer is not None

    def request_lost(timeout: float) -> None:
        raise Unavailable("the connection broke")

    def abort_lost(timeout: float) -> None:
        raise Unavailable("the connection is still broken")

    monkeypatch.setattr(producer, "commit", request_lost)
    monkeypatch.setattr(producer, "abort", abort_lost)
    with pytest.raises(TransportUnavailable):
        commit_copies(session, records, target)
    session.abort()
    assert session.committed(first_partition(source)) is None
    assert harness.values(target) == []
    commit_copies(session, records, target)
    assert harness.values(target) == [b"a"]


def test_a_zombie_does_not_fence_its_successor(harness: Harness) -> None:
    source, target = harness.topic(), harness.topic()
    harness.fill(source, [b"a", b"b"])
    zombie = harness.joined(source)
    records = consume(zombie, 2)
    zombie.begin()
    successor = harness.session(source, transport=harness.connect())
    assert consume(successor, 2) == records
    with pytest.raises(FencedError):
        zombie.commit(after(records))
    zombie.abort()
    for _ in range(2):
        with pytest.raises(FencedError):
            commit_copies(zombie, records, target)
        zombie.abort()
    commit_copies(successor, records, target)
    assert harness.values(target) == [b"a", b"b"]
