"""A member that lost a partition cannot commit it, and leaves no trace."""

from __future__ import annotations

from threading import Event, Thread
from time import monotonic

import pytest

from stream.errors import FencedError
from stream.records import Committed, TopicPartition
from tests.stream.transports.harness import (
    PATIENCE,
    Harness,
    after,
    commit_copies,
    consume,
    partitions_of,
    poll_until,
)


class FencingContract:
    def test_a_silent_member_is_replaced_and_fenced(self, harness: Harness) -> None:
        source, target = harness.topic(2), harness.topic()
        harness.fill(source, [b"a", b"b"])
        everything = partitions_of(harness.transport, source)
        silent = harness.joined(source, timeout=harness.short_timeout)
        records = consume(silent, 2)
        heir = harness.session(
            source, member="m2", timeout=harness.short_timeout, transport=harness.connect()
        )
        again = poll_until([heir], lambda: heir.assignment() == everything)
        again += consume(heir, 2 - len(again))
        with pytest.raises(FencedError):
            commit_copies(silent, records, target)
        silent.abort()
        assert harness.values(target) == []
        assert harness.transport.committed(harness.group) == {}
        commit_copies(heir, again, target)
        assert set(harness.values(target)) == {b"a", b"b"}

    def test_a_newer_member_of_the_same_name_fences_the_older(self, harness: Harness) -> None:
        source, target = harness.topic(), harness.topic()
        harness.fill(source, [b"a"])
        old = harness.joined(source)
        records = consume(old, 1)
        new = harness.session(source, transport=harness.connect())
        assert consume(new, 1) == records
        with pytest.raises(FencedError):
            commit_copies(old, records, target)
        old.abort()
        with pytest.raises(FencedError):
            poll_until([old], lambda: False)
        commit_copies(new, records, target)
        assert harness.values(target) == [b"a"]

    def test_closing_the_older_does_not_disturb_the_newer(self, harness: Harness) -> None:
        source, target = harness.topic(), harness.topic()
        harness.fill(source, [b"a"])
        old = harness.joined(source)
        new = harness.session(source, transport=harness.connect())
        records = consume(new, 1)
        old.close()
        commit_copies(new, records, target)
        assert harness.values(target) == [b"a"]

    def test_a_partition_that_was_never_owned_cannot_be_committed(self, harness: Harness) -> None:
        source, other = harness.topic(), harness.topic()
        session = harness.joined(source)
        session.begin()
        with pytest.raises(FencedError):
            session.commit({TopicPartition(other, 0): Committed(0)})
        session.abort()

    def test_what_is_kept_through_a_rebalance_can_be_committed(self, harness: Harness) -> None:
        source, target = harness.topic(4), harness.topic()
        harness.fill(source, [b"%d" % i for i in range(4)])
        one = harness.joined(source)
        records = consume(one, 4)
        two = harness.session(source, member="m2", transport=harness.connect())
        poll_until([one, two], lambda: len(one.assignment()) == len(two.assignment()) == 2)
        kept = [r for r in records if TopicPartition(r.topic, r.partition) in one.assignment()]
        lost = [r for r in records if r not in kept]
        commit_copies(one, kept, target)
        with pytest.raises(FencedError):
            commit_copies(one, lost, target)
        one.abort()
        assert harness.values(target) == [r.value for r in kept]
        assert harness.transport.committed(harness.group) == after(kept)

    def test_a_heartbeat_from_another_thread_keeps_a_busy_member(self, harness: Harness) -> None:
        source, target = harness.topic(2), harness.topic()
        timeout = harness.short_timeout
        busy = harness.session(source, member="m1", timeout=timeout)
        other = harness.session(source, member="m2", timeout=timeout, transport=harness.connect())
        poll_until([busy, other], lambda: len(busy.assignment()) == len(other.assignment()) == 1)
        [own] = busy.assignment()
        harness.fill(source, [b"a"], partition=own.partition)
        records = consume(busy, 1)
        stop = Event()

        def beat() -> None:
            while not stop.wait(timeout / 10):
                busy.heartbeat()

        thread = Thread(target=beat)
        thread.start()
        until = monotonic() + 3 * timeout
        try:
            poll_until([other], lambda: monotonic() > until)
            assert len(other.assignment()) == 1
        finally:
            stop.set()
            thread.join(PATIENCE)
        commit_copies(busy, records, target)
        assert harness.values(target) == [b"a"]
