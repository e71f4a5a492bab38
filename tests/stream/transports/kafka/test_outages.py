"""A broker that goes away and comes back, with everything it had."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import cast

import pytest

from stream.errors import TransportUnavailable
from stream.records import Outgoing
from stream.transports import KafkaOptions, Transport, connect
from stream.transports.kafka.options import Client
from tests.broker.broker import Broker
from tests.conftest import wait_until
from tests.stream.transports.harness import Harness, after, commit_copies, consume
from tests.stream.transports.kafka.conftest import CLIENTS
from tests.stream.transports.kafka.upstream import first_partition


@pytest.fixture(params=CLIENTS)
def client(request: pytest.FixtureRequest) -> Client:
    return cast(Client, request.param)


@pytest.fixture
def broker(new_broker: Callable[..., Broker]) -> Broker:
    started = new_broker()
    started.start()
    return started


@pytest.fixture
def options(client: Client) -> KafkaOptions:
    return KafkaOptions(client=client, transaction_timeout=60.0)


@pytest.fixture
def transport_factory(broker: Broker, options: KafkaOptions) -> Callable[[], Transport]:
    return lambda: connect(f"kafka://{broker.address}", options)


def test_a_commit_outlives_a_restart_of_the_coordinator(harness: Harness, broker: Broker) -> None:
    source, target = harness.topic(), harness.topic()
    harness.fill(source, [b"%d" % i for i in range(20)])
    session = harness.joined(source, timeout=60.0)
    records = consume(session, 10)
    commit_copies(session, records[:5], target)
    session.begin()
    for record in records[5:]:
        session.send(Outgoing(target, None, record.value))
    broker.kill()
    broker.start(wait=False)
    session.commit(after(records))
    wait_until(lambda: len(harness.values(target)) == 10)
    commit_copies(session, consume(session, 10), target)
    assert sorted(int(v or b"") for v in harness.values(target)) == list(range(20))


class TestShortPatience:
    """Sessions that give up while the broker is away."""

    @pytest.fixture
    def options(self, client: Client) -> KafkaOptions:
        return KafkaOptions(client=client, retry_for=1.0)

    def test_what_could_not_be_committed_is_said_and_leaves_nothing(
        self, harness: Harness, broker: Broker
    ) -> None:
        source, target = harness.topic(), harness.topic()
        harness.fill(source, [b"a", b"b"])
        session = harness.joined(source, timeout=60.0)
        records = consume(session, 2)
        broker.kill()
        began = monotonic()
        with pytest.raises(TransportUnavailable, match=r"brokers of kafka://.* within"):
            commit_copies(session, records, target)
        session.abort()
        with pytest.raises(TransportUnavailable):
            harness.transport.topics()["any"]
        assert monotonic() - began < 45.0
        broker.start()
        wait_until(lambda: settled(session.committed, source))
        assert session.committed(first_partition(source)) is None
        assert harness.values(target) == []
        commit_copies(session, records, target)
        assert harness.values(target) == [b"a", b"b"]


def settled(committed: Callable[..., object], source: str) -> bool:
    """Whether the broker answers again."""
    try:
        committed(first_partition(source))
    except TransportUnavailable:
        return False
    return True
