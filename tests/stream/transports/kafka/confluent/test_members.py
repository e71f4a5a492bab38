"""Members with either library share a group, and a sleeper does not push its successor out."""

from __future__ import annotations

import pytest

from stream.errors import FencedError
from stream.records import Committed, TopicPartition
from stream.transports import KafkaOptions, connect
from stream.transports.kafka.cluster import Cluster
from stream.transports.kafka.connecting import open_client
from stream.transports.kafka.retrying import Retries
from tests.conftest import wait_until
from tests.stream.transports.harness import (
    Harness,
    commit_copies,
    consume,
    partitions_of,
    poll_until,
)


def test_both_libraries_share_a_group(harness: Harness, kafka_address: str) -> None:
    source, target = harness.topic(4), harness.topic()
    everything = partitions_of(harness.transport, source)
    other = connect(f"kafka://{kafka_address}", KafkaOptions(client="kafka-python"))
    ours = harness.joined(source)
    theirs = harness.session(source, member="m2", transport=other)
    members = [ours, theirs]
    poll_until(members, lambda: len(ours.assignment()) == len(theirs.assignment()) == 2)
    harness.fill(source, [b"%d" % i for i in range(40)])
    for member in members:
        commit_copies(member, consume(member, 20), target)
    theirs.close()
    poll_until([ours], lambda: ours.assignment() == everything)
    assert sorted(int(v or b"") for v in harness.values(target)) == list(range(40))
    other.close()


def test_both_libraries_read_the_same_metadata(harness: Harness, kafka_address: str) -> None:
    source = harness.topic()
    tp = TopicPartition(source, 0)
    session = harness.joined(source)
    session.begin()
    session.commit({tp: Committed(0, "ä said")})
    other = connect(f"kafka://{kafka_address}", KafkaOptions(client="kafka-python"))
    assert other.committed(harness.group) == {tp: Committed(0, "ä said")}
    other.close()


def test_a_member_that_slept_does_not_fence_its_successor(
    harness: Harness, short_timeout: float, kafka_address: str, options: KafkaOptions
) -> None:
    source = harness.topic()
    harness.fill(source, [b"a"])
    sleeper = harness.joined(source, timeout=short_timeout)
    cluster = Cluster(open_client([kafka_address], options), Retries(5.0, "the test's"), None)
    wait_until(lambda: cluster.member_id(harness.group, "m1") is None)
    cluster.close()
    successor = harness.session(source, transport=harness.connect())
    records = consume(successor, 1)
    with pytest.raises(FencedError):
        poll_until([sleeper], lambda: False)
    commit_copies(successor, records, harness.topic())
