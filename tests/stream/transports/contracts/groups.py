"""Members of a group: who reads what, and from where."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Timer
from time import monotonic

import pytest

from stream.errors import FencedError, TransportError
from stream.records import Polled, Record, TopicPartition
from stream.transports import Session
from tests.stream.transports.harness import (
    PATIENCE,
    Harness,
    after,
    commit_copies,
    consume,
    partitions_of,
    poll_until,
    unique,
)


class GroupContract:
    def test_gained_partitions_come_before_their_records(self, harness: Harness) -> None:
        topic = harness.topic(2)
        harness.fill(topic, [b"a"] * 4)
        session = harness.session(topic)
        assert session.assignment() == frozenset()
        gained: set[TopicPartition] = set()
        polled = Polled([])
        while not polled.records:
            polled = session.poll(10, 1.0)
            assert not (polled.records and (polled.gained or polled.lost))
            gained |= polled.gained
        assert session.assignment() == gained == partitions_of(harness.transport, topic)

    def test_records_come_grouped_and_in_order(self, harness: Harness) -> None:
        topic = harness.topic(3)
        harness.fill(topic, [b"%d" % i for i in range(60)])
        session = harness.joined(topic)
        records: list[Record] = []
        while len(records) < 60:
            batch = session.poll(25, 1.0).records
            assert len(batch) <= 25
            partitions = [r.partition for r in batch]
            runs = [p for i, p in enumerate(partitions) if i == 0 or partitions[i - 1] != p]
            assert len(runs) == len(set(partitions))
            records += batch
        assert sorted(records) == harness.everything(topic)
        for tp in partitions_of(harness.transport, topic):
            offsets = [r.offset for r in records if r.partition == tp.partition]
            assert offsets == sorted(offsets)

    def test_several_topics_are_read_together(self, harness: Harness) -> None:
        one, two = harness.topic(), harness.topic(2)
        harness.fill(one, [b"1"])
        harness.fill(two, [b"2"] * 2)
        session = harness.joined(one, two)
        assert sorted(r.value or b"" for r in consume(session, 3)) == [b"1", b"2", b"2"]

    def test_an_empty_poll_returns_after_its_timeout(self, harness: Harness) -> None:
        session = harness.joined(harness.topic())
        assert session.poll(10, 0.0) == Polled([])
        assert session.poll(10, 0.05) == Polled([])

    def test_a_waiting_poll_wakes_up_for_a_record(self, harness: Harness) -> None:
        topic = harness.topic()
        session = harness.joined(topic)
        other = harness.connect()
        timer = Timer(0.1, other.append, ([harness.outgoing(topic, b"late")],))
        timer.start()
        started = monotonic()
        records = session.poll(10, PATIENCE).records
        assert [r.value for r in records] == [b"late"]
        assert monotonic() - started < PATIENCE / 2
        timer.join()

    def test_a_member_resumes_behind_the_committed_position(self, harness: Harness) -> None:
        topic = harness.topic()
        harness.fill(topic, [b"a", b"b", b"c"])
        session = harness.joined(topic)
        records = consume(session, 2)
        session.begin()
        session.commit(after(records[:1]))
        session.close()
        again = harness.joined(topic, member="m2")
        assert [r.value for r in consume(again, 2)] == [b"b", b"c"]

    def test_without_a_commit_everything_is_read_again(self, harness: Harness) -> None:
        topic, target = harness.topic(), harness.topic()
        harness.fill(topic, [b"a", b"b"])
        crashed = harness.joined(topic)
        records = consume(crashed, 2)
        crashed.begin()
        crashed.send(harness.outgoing(target, b"lost"))
        # The same stable name again is what a restarted process looks like.
        restarted = harness.session(topic, transport=harness.connect())
        assert consume(restarted, 2) == records
        assert harness.values(target) == []

    def test_groups_do_not_disturb_each_other(self, harness: Harness) -> None:
        topic = harness.topic()
        harness.fill(topic, [b"a"])
        one = harness.joined(topic)
        two = harness.session(topic, group=unique("group"))
        records = consume(one, 1)
        one.begin()
        one.commit(after(records))
        assert consume(two, 1) == records
        assert two.committed(TopicPartition(topic, 0)) is None

    def test_partitions_follow_the_members(self, harness: Harness) -> None:
        topic = harness.topic(4)
        everything = partitions_of(harness.transport, topic)
        one = harness.joined(topic)
        two = harness.session(topic, member="m2", transport=harness.connect())
        poll_until([one, two], lambda: len(one.assignment()) == len(two.assignment()) == 2)
        assert one.assignment() | two.assignment() == everything
        two.close()
        poll_until([one], lambda: one.assignment() == everything)

    def test_changes_add_up_to_the_assignment(self, harness: Harness) -> None:
        topic = harness.topic(4)
        one = harness.session(topic)
        two = None
        held: set[TopicPartition] = set()
        deadline = monotonic() + PATIENCE
        phase = 0
        while phase < 3:
            assert monotonic() < deadline
            polled = one.poll(10, 0.02)
            held = (held - polled.lost) | polled.gained
            assert held == one.assignment()
            if two is not None:
                two.poll(10, 0.02)
            if phase == 0 and len(held) == 4:
                two, phase = harness.session(topic, member="m2"), 1
            elif phase == 1 and two is not None and len(held) == len(two.assignment()) == 2:
                two.close()
                two, phase = None, 2
            elif phase == 2 and len(held) == 4:
                phase = 3

    def test_more_members_than_partitions(self, harness: Harness) -> None:
        topic = harness.topic()
        members = [harness.session(topic, member=f"m{i}") for i in range(3)]
        poll_until(members, lambda: sum(len(m.assignment()) for m in members) == 1)
        harness.fill(topic, [b"a"])
        assert [r.value for r in poll_until_records(members)] == [b"a"]

    def test_every_record_is_handled_once_while_members_come_and_go(self, harness: Harness) -> None:
        source, target = harness.topic(4), harness.topic()
        total = 400
        harness.fill(source, [b"%d" % i for i in range(total)])
        members = [harness.session(source, member="m0")]
        joined = 1
        deadline = monotonic() + PATIENCE
        while len(harness.values(target)) < total:
            assert monotonic() < deadline
            for member in tuple(members):
                records = member.poll(20, 0.02).records
                if records and not copied(member, records, target):
                    members.remove(member)
                    members.append(harness.session(source, member=unique("member")))
            done = len(harness.values(target))
            if done > joined * 60 and joined < 4:
                members.append(harness.session(source, member=f"m{joined}"))
                joined += 1
            elif done > 300 and len(members) > 1:
                members.pop(0).close()
        assert sorted(int(v or b"") for v in harness.values(target)) == list(range(total))

    def test_a_closed_session_is_closed(self, harness: Harness) -> None:
        session = harness.joined(harness.topic())
        session.close()
        session.close()
        with pytest.raises(TransportError, match="open"):
            session.poll(1, 0.0)


def copied(member: Session, records: Sequence[Record], target: str) -> bool:
    """Copy records; False, with the member closed, where a rebalance had overtaken it: another one reads them again."""
    try:
        commit_copies(member, records, target)
    except FencedError:
        member.close()
        return False
    return True


def poll_until_records(members: Sequence[Session]) -> list[Record]:
    """Poll in turn until somebody reads something."""
    deadline = monotonic() + PATIENCE
    while monotonic() < deadline:
        for member in members:
            if records := member.poll(10, 0.02).records:
                return records
    raise AssertionError("nobody read a record in time")
