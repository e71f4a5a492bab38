"""What a follower tells of itself, and what it follows."""

from __future__ import annotations

import pytest

from models.errors import InvalidParameter
from stream.errors import UnknownTopic
from stream.live import replica as replica_module
from stream.records import TopicPartition
from tests.stream.live.follower.followers import make, settled
from tests.stream.runtime.harness import Run, filled
from tests.stream.runtime.memory import MemoryTransport
from tests.stream.runtime.toy import ToyTask


def test_it_tells_where_it_is() -> None:
    task = ToyTask(2)
    transport = filled(task)
    run = Run(task, transport, polls=5)()
    follower = make(task, transport, clock=lambda: 61.0)
    assert follower.status().partitions == ()
    assert not follower.status().ready
    assert follower.restoring()
    follower.refresh()
    status = follower.status()
    assert status.ready
    assert not status.restoring
    for replica in status.partitions:
        end = len(transport.logs[replica.tp])
        committed = run.runner.held()[replica.tp].offset
        assert replica.phase == "following"
        assert replica.offset is not None
        assert committed > 0
        assert replica.lag == end - replica.offset
        assert replica.ahead == replica.offset - committed
        assert (replica.restarts, replica.problem) == (0, None)
    settled(follower)
    assert {(p.lag, p.lag_seconds) for p in follower.status().partitions} == {(0, 0.0)}


def test_while_it_is_behind_it_tells_the_age_of_what_it_read(monkeypatch) -> None:
    monkeypatch.setattr(replica_module, "BATCHES", 2)
    task = ToyTask()
    transport = filled(task, 100)
    follower = make(task, transport, clock=lambda: 61.0)
    follower.refresh()
    (replica,) = follower.status().partitions
    assert (replica.offset, replica.lag) == (14, 86)
    assert replica.lag_seconds == pytest.approx(61.0 - 1.013)
    assert replica.ahead is None


def test_only_the_chosen_partitions_are_followed() -> None:
    task = ToyTask(3)
    follower = settled(make(task, filled(task), partitions=[2]))
    assert list(follower.held()) == [TopicPartition("events", 2)]


def test_a_topic_that_is_not_there_is_told() -> None:
    follower = make(ToyTask(), MemoryTransport())
    with pytest.raises(UnknownTopic, match="'events' must exist"):
        follower.refresh()


def test_a_task_of_two_logs_is_refused() -> None:
    task = ToyTask()
    task.inputs = ("one", "two")
    with pytest.raises(InvalidParameter, match="one topic"):
        make(task, MemoryTransport())
