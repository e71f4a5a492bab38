"""Logs that are cut short, made anew, torn or away."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from stream.errors import TransportUnavailable
from stream.live import replica as replica_module
from stream.records import TopicPartition
from tests.conftest import wait_until
from tests.stream.live.follower.followers import EVENTS, check, make, settled
from tests.stream.runtime.harness import Run, events, filled
from tests.stream.runtime.toy import ToyTask


def test_records_deleted_before_they_were_read_make_it_start_anew() -> None:
    task = ToyTask()
    transport = filled(task, 100)
    follower = settled(make(task, transport))
    transport.append(events(300, 7, 2))
    Run(task, transport)()
    transport.first[EVENTS] = 350
    follower.refresh()
    (replica,) = follower.status().partitions
    assert (replica.phase, replica.restarts) == ("waiting", 1)
    assert "begins at 350, but was read only up to" in str(replica.problem)
    assert follower.held() == {}
    assert follower.restoring()
    settled(follower)
    (replica,) = follower.status().partitions
    assert (replica.phase, replica.offset, replica.problem) == ("following", 400, None)
    check(task, transport, follower)


def test_a_topic_made_anew_is_followed_anew() -> None:
    task = ToyTask()
    transport = filled(task, 100)
    follower = settled(make(task, transport))
    transport.logs[EVENTS].clear()
    transport.append(events(20, 7, 5))
    follower.refresh()
    assert "the topic was made anew" in str(follower.status().partitions[0].problem)
    settled(follower)
    check(task, transport, follower)


def test_what_the_log_no_longer_holds_is_waited_for(monkeypatch) -> None:
    task = ToyTask()
    transport = filled(task)
    Run(task, transport, polls=4, graceful=False)()
    transport.first[EVENTS] = 190
    follower = make(task, transport)
    with capture_logs() as logs:
        follower.refresh()
        follower.refresh()
    (replica,) = follower.status().partitions
    assert "Keep more of 'events'" in str(replica.problem)
    assert (replica.phase, replica.settled) == ("waiting", True)
    assert len([entry for entry in logs if entry["event"] == "partition_not_followed"]) == 1
    # The owner, had it been there all the time, would have gone on and written its snapshots.
    transport.first[EVENTS] = 0
    Run(task, transport)()
    transport.first[EVENTS] = 190
    assert follower.refresh() == 0
    monkeypatch.setattr(replica_module, "monotonic", lambda: 1e12)
    settled(follower)
    assert follower.status().partitions[0].problem is None
    check(task, transport, follower)


def test_one_partition_that_fails_does_not_keep_the_others() -> None:
    task = ToyTask(2)
    transport = filled(task)
    read, other = transport.read, TopicPartition("events", 1)

    def broken(tp: TopicPartition, start: int, stop: int | None = None):
        if tp == EVENTS:
            raise ZeroDivisionError("a bug")
        return read(tp, start, stop)

    transport.read = broken
    follower = settled(make(task, transport))
    first, second = follower.status().partitions
    assert "ZeroDivisionError('a bug')" in str(first.problem)
    assert second.phase == "following"
    assert list(follower.held()) == [other]


def test_offsets_without_records_are_passed_over() -> None:
    task = ToyTask()
    transport = filled(task, 100)
    read = transport.read
    transport.read = lambda tp, start, stop=None: (
        r for r in read(tp, start, stop) if r.offset < 97
    )
    follower = settled(make(task, transport))
    assert follower.held()[EVENTS].offset == 100
    assert follower.status().partitions[0].lag == 0


def test_a_partition_that_cannot_be_read_is_told_and_keeps_its_state() -> None:
    task = ToyTask(2)
    transport = filled(task)
    follower = settled(make(task, transport))
    transport.append(events(50, 7, 3))
    read = transport.read

    def held_up(tp: TopicPartition, start: int, stop: int | None = None):
        if tp == EVENTS:
            raise TransportUnavailable("Somebody holds a transaction open.")
        return read(tp, start, stop)

    transport.read = held_up
    settled(follower)
    first, second = follower.status().partitions
    assert (first.phase, first.problem) == ("following", "Somebody holds a transaction open.")
    assert (second.lag, second.problem) == (0, None)
    assert len(follower.held()) == 2
    transport.read = read
    settled(follower)
    assert [(p.lag, p.problem) for p in follower.status().partitions] == [(0, None)] * 2
    check(task, transport, follower)


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (TransportUnavailable("The log is away."), "The log is away."),
        (ZeroDivisionError("a bug"), "The follower failed: ZeroDivisionError('a bug')."),
    ],
)
def test_a_log_that_goes_away_is_told_and_found_again(fault: Exception, told: str) -> None:
    task = ToyTask()
    transport = filled(task, 100)
    topics = transport.topics

    def away() -> None:
        raise fault

    follower = make(task, transport, interval=0.01)
    follower.start()
    wait_until(lambda: follower.status().ready)
    transport.topics = away  # type: ignore[method-assign,assignment]  # the fault itself
    wait_until(lambda: follower.status().problem == told)
    transport.topics = topics  # type: ignore[method-assign]  # it is back
    wait_until(lambda: follower.status().problem is None)
    follower.close()
