"""Declaring topics."""

from __future__ import annotations

import pytest

from models.errors import InvalidParameter
from stream.errors import TopicMismatch, UnknownTopic
from stream.records import Outgoing, TopicPartition
from stream.transports import TopicSpec
from tests.stream.transports.harness import Harness, unique


class TopicContract:
    def test_a_declared_topic_is_listed_as_declared(self, harness: Harness) -> None:
        name = harness.topic(3, retention_ms=3_600_000, retention_bytes=1_000_000)
        info = harness.transport.topics()[name]
        assert info.spec == TopicSpec(name, 3, 3_600_000, 1_000_000, compact=False)
        assert info.bounds == ((0, 0), (0, 0), (0, 0))

    def test_a_compacted_topic_is_listed_as_compacted(self, harness: Harness) -> None:
        name = harness.topic(compact=True)
        assert harness.transport.topics()[name].spec.compact

    def test_declaring_again_changes_nothing(self, harness: Harness) -> None:
        name = harness.topic(2)
        harness.fill(name, [b"a"], partition=0)
        harness.transport.ensure_topic(TopicSpec(name, 2))
        assert harness.values(name) == [b"a"]

    def test_the_newest_retention_is_in_force(self, harness: Harness) -> None:
        name = harness.topic(retention_ms=1000)
        newer = TopicSpec(name, retention_bytes=5000)
        harness.transport.ensure_topic(newer)
        assert harness.transport.topics()[name].spec == newer

    def test_other_clients_see_the_topic(self, harness: Harness) -> None:
        name = harness.topic(2)
        other = harness.connect()
        other.append([Outgoing(name, None, b"x", partition=1)])
        assert name in other.topics()
        assert harness.values(name) == [b"x"]

    def test_another_number_of_partitions_is_refused(self, harness: Harness) -> None:
        name = harness.topic(2)
        with pytest.raises(TopicMismatch, match=r"'partitions'.*must be 2.*got 3"):
            harness.transport.ensure_topic(TopicSpec(name, 3))

    def test_another_compaction_is_refused(self, harness: Harness) -> None:
        name = harness.topic()
        with pytest.raises(TopicMismatch, match=r"'compact'.*must be False.*got True"):
            harness.transport.ensure_topic(TopicSpec(name, compact=True))

    @pytest.mark.parametrize("partitions", [0, -1])
    def test_a_topic_has_at_least_one_partition(self, harness: Harness, partitions: int) -> None:
        with pytest.raises(InvalidParameter, match="'partitions'"):
            harness.transport.ensure_topic(TopicSpec(unique("topic"), partitions))

    def test_appending_to_an_unknown_topic_writes_nothing(self, harness: Harness) -> None:
        known = harness.topic()
        records = [Outgoing(known, None, b"a"), Outgoing(unique("topic"), None, b"b")]
        with pytest.raises(UnknownTopic):
            harness.transport.append(records)
        assert harness.values(known) == []

    def test_reading_an_unknown_topic_fails_at_the_call(self, harness: Harness) -> None:
        with pytest.raises(UnknownTopic):
            harness.transport.read(TopicPartition(unique("topic"), 0), 0)

    def test_joining_for_an_unknown_topic_fails(self, harness: Harness) -> None:
        with pytest.raises(UnknownTopic):
            harness.session(harness.topic(), unique("topic"))

    def test_a_partition_beyond_the_topic_is_refused(self, harness: Harness) -> None:
        name = harness.topic(2)
        with pytest.raises(InvalidParameter, match=r"'partition'.*from 0 to 1, got 2"):
            harness.transport.append([Outgoing(name, None, b"a", partition=2)])
