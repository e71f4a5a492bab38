"""Members that sleep, wake up, and leave."""

from __future__ import annotations

from time import monotonic

import pytest

from stream.errors import FencedError
from tests.conftest import wait_until
from tests.stream.transports.harness import (
    Harness,
    commit_copies,
    consume,
    partitions_of,
    poll_until,
)


def test_a_member_that_slept_takes_part_again(harness: Harness) -> None:
    source, target = harness.topic(2), harness.topic()
    everything = partitions_of(harness.transport, source)
    sleeper = harness.joined(source, timeout=harness.short_timeout)
    heir = harness.session(source, member="m2", timeout=harness.short_timeout)
    poll_until([heir], lambda: heir.assignment() == everything)
    poll_until([sleeper, heir], lambda: len(sleeper.assignment()) == len(heir.assignment()) == 1)
    assert sleeper.assignment() | heir.assignment() == everything
    [own] = sleeper.assignment()
    harness.fill(source, [b"a"], partition=own.partition)
    commit_copies(sleeper, consume(sleeper, 1), target)
    assert harness.values(target) == [b"a"]


def test_a_member_that_slept_does_not_take_its_name_back(harness: Harness) -> None:
    source, target = harness.topic(), harness.topic()
    harness.fill(source, [b"a"])
    sleeper = harness.joined(source, timeout=harness.short_timeout)
    newer = harness.session(source, transport=harness.connect())
    woken_at = monotonic() + 2 * harness.short_timeout
    records = poll_until([newer], lambda: monotonic() > woken_at)
    with pytest.raises(FencedError):
        poll_until([sleeper], lambda: False)
    commit_copies(newer, records, target)
    sleeper.close()
    assert newer.poll(1, 0.5).lost == frozenset()
    assert harness.values(target) == [b"a"]


def test_who_leaves_is_gone_at_once(harness: Harness) -> None:
    source = harness.topic()
    leaver = harness.joined(source, timeout=30.0)
    follower = harness.session(source, member="m2", timeout=30.0)
    began = monotonic()
    leaver.close()
    poll_until([follower], lambda: len(follower.assignment()) == 1)
    assert monotonic() - began < 10.0


def test_a_poll_of_a_lone_member_loses_nothing_while_its_thread_works(harness: Harness) -> None:
    source = harness.topic()
    worker = harness.joined(source, timeout=harness.short_timeout)
    until = monotonic() + 2 * harness.short_timeout

    def beaten_until_the_end() -> bool:
        worker.heartbeat()
        return monotonic() > until

    wait_until(beaten_until_the_end)
    assert worker.poll(1, 0.0).lost == frozenset()
