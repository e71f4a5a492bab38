"""The logic above the client libraries, without brokers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from models.errors import InvalidParameter
from stream.errors import FencedError, TransportUnavailable, UnknownTopic
from stream.records import Committed, Outgoing, Polled, Record, TopicPartition
from stream.transports import KafkaOptions, TopicSpec
from stream.transports.kafka.client import Changes, Unavailable
from stream.transports.kafka.session import KafkaSession
from stream.transports.kafka.transport import KafkaTransport
from tests.stream.transports.kafka.fakes import NOTHING, FakeClient

A, B = TopicPartition("in", 0), TopicPartition("in", 1)


@pytest.fixture
def client() -> FakeClient:
    return FakeClient()


@pytest.fixture
def transport(client: FakeClient) -> KafkaTransport:
    return KafkaTransport("kafka://fake:1", client, KafkaOptions(retry_for=0.2))


@pytest.fixture
def session(client: FakeClient, transport: KafkaTransport) -> Iterator[KafkaSession]:
    opened = transport.session("g", ["in"], member="m1")
    client.made_consumer.script = [([], Changes(NOTHING, frozenset({A, B})))]
    assert opened.poll(10, 0.0) == Polled([], NOTHING, frozenset({A, B}))
    client.calls.clear()
    yield opened
    opened.close()


def record(tp: TopicPartition, offset: int) -> Record:
    return Record(tp.topic, tp.partition, offset, 0, None, b"v", ())


def test_the_transactional_id_belongs_to_the_member(
    client: FakeClient, session: KafkaSession
) -> None:
    assert [p.transactional_id for p in client.producers] == ["g.m1"]


def test_records_that_come_with_a_change_come_again(
    client: FakeClient, session: KafkaSession
) -> None:
    fetched = [record(A, 7), record(A, 9), record(B, 3)]
    client.made_consumer.script = [(fetched, Changes(frozenset({B}), NOTHING))]
    assert session.poll(10, 0.0) == Polled([], frozenset({B}), NOTHING)
    assert session.assignment() == {A}
    assert client.made_consumer.calls == [("seek", A, 7)]


def test_a_change_is_told_though_the_first_try_failed(
    client: FakeClient, session: KafkaSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(tp: TopicPartition, offset: int) -> None:
        raise Unavailable("the partition is being looked up")

    with monkeypatch.context() as patched:
        patched.setattr(client.made_consumer, "seek", away)
        client.made_consumer.script = [([record(A, 7)], Changes(frozenset({B}), NOTHING))]
        with pytest.raises(TransportUnavailable):
            session.poll(10, 0.0)
    assert session.poll(10, 0.0) == Polled([], frozenset({B}), NOTHING)


def test_a_partition_that_was_lost_and_came_back_is_told_as_both(
    client: FakeClient, session: KafkaSession
) -> None:
    client.made_consumer.script = [([], Changes(frozenset({A}), frozenset({A})))]
    assert session.poll(10, 0.0) == Polled([], frozenset({A}), frozenset({A}))
    assert session.assignment() == {A, B}


def test_what_is_lost_just_before_a_commit_is_refused_and_told_later(
    client: FakeClient, session: KafkaSession
) -> None:
    client.made_consumer.while_settling = Changes(frozenset({A}), NOTHING)
    session.begin()
    with pytest.raises(FencedError, match="does not own in-0"):
        session.commit({A: Committed(1)})
    session.abort()
    assert ("commit",) not in client.calls
    assert session.poll(10, 0.0) == Polled([], frozenset({A}), NOTHING)


def test_a_rebalance_that_cannot_be_finished_makes_the_log_unavailable(
    client: FakeClient, session: KafkaSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(timeout: float) -> None:
        raise Unavailable("the coordinator is moving")

    monkeypatch.setattr(client.made_consumer, "settle", away)
    session.begin()
    with pytest.raises(
        TransportUnavailable, match=r"finish a rebalance.*the coordinator is moving"
    ):
        session.commit({A: Committed(1)})
    session.abort()
    assert ("commit",) not in client.calls


def test_a_commit_hands_over_records_then_offsets(
    client: FakeClient, session: KafkaSession
) -> None:
    session.begin()
    for _ in range(1500):
        session.send(Outgoing("out", b"k", b"v"))
    session.commit({A: Committed(5, "meta")})
    assert client.calls == [
        ("begin",),
        ("produce", 1000),
        ("produce", 500),
        ("send_offsets", {A: Committed(5, "meta")}),
        ("commit",),
    ]


def test_a_refused_transaction_is_aborted_and_its_producer_used_again(
    client: FakeClient, session: KafkaSession
) -> None:
    [producer] = client.producers
    producer.failures["send_offsets"] = FencedError("thrown out")
    session.begin()
    with pytest.raises(FencedError, match="thrown out"):
        session.commit({A: Committed(5)})
    session.abort()
    producer.failures.clear()
    session.begin()
    session.commit({A: Committed(5)})
    assert client.calls[-5:] == [
        ("send_offsets", {A: Committed(5)}),
        ("abort",),
        ("begin",),
        ("send_offsets", {A: Committed(5)}),
        ("commit",),
    ]


def test_an_unknown_outcome_is_settled_before_positions_are_told(
    client: FakeClient, session: KafkaSession
) -> None:
    [producer] = client.producers
    producer.failures = {"commit": Unavailable("silence"), "abort": Unavailable("silence")}
    session.begin()
    with pytest.raises(TransportUnavailable, match="commit a transaction within"):
        session.commit({A: Committed(5)})
    session.abort()
    assert client.calls[-1] == ("close",)
    session.committed(A)
    assert len(client.producers) == 2
    assert client.calls[-1] == ("init",)


@pytest.mark.parametrize("failure", [FencedError("fenced"), Unavailable("silence")])
def test_a_producer_that_cannot_begin_is_replaced(
    client: FakeClient, session: KafkaSession, failure: Exception
) -> None:
    client.producers[0].failures["begin"] = failure
    with pytest.raises((FencedError, TransportUnavailable), match=str(failure)):
        session.begin()
    session.abort()
    session.begin()
    session.commit({A: Committed(5)})
    assert len(client.producers) == 2


def test_a_replaced_member_does_not_fence_the_newer_one(
    client: FakeClient, session: KafkaSession
) -> None:
    [producer] = client.producers
    producer.failures = {"commit": FencedError("fenced"), "abort": FencedError("fenced")}
    session.begin()
    with pytest.raises(FencedError):
        session.commit({})
    session.abort()
    client.made_admin.member = "m1-2"
    with pytest.raises(FencedError, match="replaced by a newer member"):
        session.begin()
    assert len(client.producers) == 1


def test_a_record_above_the_topic_s_limit_is_refused_before_it_is_sent(
    session: KafkaSession,
) -> None:
    session.begin()
    with pytest.raises(InvalidParameter, match="at most 1048460 bytes with its headers, got"):
        session.send(Outgoing("out", b"k", b"v" * 1_048_449, (("h", b""),)))
    session.send(Outgoing("out", b"k", b"v" * 1_048_448, (("h", b""),)))


def test_topics_are_asked_for_one_by_one_until_they_are_listed(
    client: FakeClient, transport: KafkaTransport
) -> None:
    infos = transport.topics()
    assert client.made_admin.asked == []
    assert infos["in"].spec == TopicSpec("in", 2)
    assert "none" not in infos
    assert client.made_admin.asked == [["in"], ["none"]]
    client.made_admin.asked.clear()
    assert sorted(transport.topics().items()) == sorted(infos.items())
    assert client.made_admin.asked[0] == ["in", "out"]


def test_brokers_that_are_away_for_a_moment_are_asked_again(
    client: FakeClient, transport: KafkaTransport
) -> None:
    client.made_admin.away = 2
    assert len(transport.topics()["in"].bounds) == 2
    client.made_admin.away = 1000
    with pytest.raises(
        TransportUnavailable, match=r"brokers of kafka://fake:1 must .* within .* got away"
    ):
        transport.topics()["in"]


def test_joining_needs_names_that_kafka_takes(transport: KafkaTransport) -> None:
    with pytest.raises(InvalidParameter, match="'member' of a session"):
        transport.session("g", ["in"], member="a b")
    with pytest.raises(InvalidParameter, match="'topics' of a session"):
        transport.session("g", [], member="m")
    with pytest.raises(UnknownTopic):
        transport.session("g", ["none"], member="m")


def test_a_partition_whose_end_cannot_be_reached_is_told(
    client: FakeClient, transport: KafkaTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport._readers, "_patience", 0.0)
    with pytest.raises(TransportUnavailable, match=r"in-0 be read up to offset 5.*got up to 0"):
        list(transport.read(A, 0))
