"""One transaction holds outputs and positions, or nothing."""

from __future__ import annotations

import pytest

from models.errors import InvalidParameter
from stream.errors import TransportError, UnknownTopic
from stream.records import Committed, Outgoing, TopicPartition
from tests.stream.transports.harness import Harness, after, commit_copies, consume, unique


class TransactionContract:
    def test_outputs_and_positions_appear_together(self, harness: Harness) -> None:
        source, target, other = harness.topic(), harness.topic(2), harness.topic()
        harness.fill(source, [b"a", b"b"])
        session = harness.joined(source)
        records = consume(session, 2)
        tp = TopicPartition(source, 0)
        session.begin()
        session.send(Outgoing(target, b"k", b"1"))
        session.send(Outgoing(target, b"k", b"2"))
        session.send(Outgoing(other, None, b"3"))
        assert harness.values(target) == harness.values(other) == []
        assert session.committed(tp) is None
        session.commit(after(records, "meta"))
        assert harness.values(target) == [b"1", b"2"]
        assert harness.values(other) == [b"3"]
        position = Committed(records[-1].offset + 1, "meta")
        assert session.committed(tp) == position
        assert harness.connect().committed(harness.group) == {tp: position}

    def test_an_abort_leaves_nothing(self, harness: Harness) -> None:
        source, target = harness.topic(), harness.topic()
        harness.fill(source, [b"a"])
        session = harness.joined(source)
        consume(session, 1)
        session.begin()
        session.send(Outgoing(target, None, b"1"))
        session.abort()
        assert harness.values(target) == []
        assert session.committed(TopicPartition(source, 0)) is None

    def test_after_an_abort_the_next_transaction_is_clean(self, harness: Harness) -> None:
        source, target = harness.topic(), harness.topic()
        harness.fill(source, [b"a"])
        session = harness.joined(source)
        records = consume(session, 1)
        session.begin()
        session.send(Outgoing(target, None, b"dropped"))
        session.abort()
        commit_copies(session, records, target)
        assert harness.values(target) == [b"a"]

    def test_a_seek_back_reads_again_after_an_abort(self, harness: Harness) -> None:
        source = harness.topic()
        harness.fill(source, [b"a", b"b", b"c"])
        session = harness.joined(source)
        records = consume(session, 3)
        session.begin()
        session.abort()
        session.seek(TopicPartition(source, 0), records[1].offset)
        assert consume(session, 2) == records[1:]

    def test_a_seek_forward_passes_over(self, harness: Harness) -> None:
        source = harness.topic()
        harness.fill(source, [b"a", b"b", b"c"])
        last = harness.everything(source)[2]
        session = harness.joined(source)
        session.seek(TopicPartition(source, 0), last.offset)
        assert consume(session, 1) == [last]

    def test_a_seek_needs_an_assigned_partition_and_an_offset(self, harness: Harness) -> None:
        source = harness.topic()
        session = harness.joined(source)
        with pytest.raises(InvalidParameter, match="assigned"):
            session.seek(TopicPartition(harness.topic(), 0), 0)
        with pytest.raises(InvalidParameter, match=r"'offset'.*at least 0, got -1"):
            session.seek(TopicPartition(source, 0), -1)

    def test_outputs_may_commit_without_positions(self, harness: Harness) -> None:
        source, target = harness.topic(), harness.topic()
        session = harness.joined(source)
        session.begin()
        session.send(Outgoing(target, None, b"1"))
        session.commit({})
        assert harness.values(target) == [b"1"]
        assert harness.transport.committed(harness.group) == {}

    def test_positions_may_commit_without_outputs(self, harness: Harness) -> None:
        source = harness.topic(2)
        session = harness.joined(source)
        for partition, text in enumerate(["ä" * 10, ""]):
            session.begin()
            session.commit({TopicPartition(source, partition): Committed(0, text)})
        assert harness.transport.committed(harness.group) == {
            TopicPartition(source, 0): Committed(0, "ä" * 10),
            TopicPartition(source, 1): Committed(0, ""),
        }

    def test_a_later_commit_replaces_position_and_metadata(self, harness: Harness) -> None:
        source = harness.topic()
        harness.fill(source, [b"a", b"b"])
        tp = TopicPartition(source, 0)
        session = harness.joined(source)
        for text in ("one", ""):
            records = consume(session, 1)
            session.begin()
            session.commit(after(records, text))
        assert session.committed(tp) == Committed(records[0].offset + 1, "")

    def test_metadata_has_a_limit(self, harness: Harness) -> None:
        source = harness.topic()
        tp = TopicPartition(source, 0)
        session = harness.joined(source)
        session.begin()
        with pytest.raises(InvalidParameter, match="4095 characters, got '4096 characters'"):
            session.commit({tp: Committed(0, "x" * 4096)})
        session.commit({tp: Committed(0, "x" * 4095)})
        assert session.committed(tp) == Committed(0, "x" * 4095)

    def test_outputs_keep_their_order_and_content(self, harness: Harness) -> None:
        source, target = harness.topic(), harness.topic()
        session = harness.joined(source)
        # From 1 on, for librdkafka takes a timestamp of 0 for none.
        sent = [
            Outgoing(target, b"k%d" % (i % 3), b"%d" % i, (("i", b""),), i) for i in range(1, 501)
        ]
        session.begin()
        for record in sent:
            session.send(record)
        session.commit({})
        read = harness.everything(target)
        assert [Outgoing(target, r.key, r.value, r.headers, r.timestamp) for r in read] == sent

    def test_an_unknown_topic_is_told_at_once_and_can_be_left_out(self, harness: Harness) -> None:
        source, target = harness.topic(), harness.topic()
        session = harness.joined(source)
        session.begin()
        with pytest.raises(UnknownTopic):
            session.send(Outgoing(unique("topic"), None, b"x"))
        session.send(Outgoing(target, None, b"y"))
        session.commit({})
        assert harness.values(target) == [b"y"]

    def test_verbs_out_of_order_are_refused(self, harness: Harness) -> None:
        source = harness.topic()
        session = harness.joined(source)
        with pytest.raises(TransportError, match="begun before 'send'"):
            session.send(Outgoing(source, None, b"x"))
        with pytest.raises(TransportError, match="begun before 'commit'"):
            session.commit({})
        session.begin()
        with pytest.raises(TransportError, match="committed or aborted"):
            session.begin()
        session.abort()
        session.abort()

    def test_closing_drops_the_open_transaction(self, harness: Harness) -> None:
        source, target = harness.topic(), harness.topic()
        session = harness.joined(source)
        session.begin()
        session.send(Outgoing(target, None, b"x"))
        session.close()
        assert harness.values(target) == []
