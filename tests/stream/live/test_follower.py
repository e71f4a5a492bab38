"""A follower has, at any offset, the very states that the owner has there."""

from __future__ import annotations

import random
import struct
from threading import Event
from zlib import crc32

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from models.errors import InvalidParameter
from stream.errors import TransportUnavailable, UnknownTopic
from stream.live import follower as module
from stream.live import replica as replica_module
from stream.live.follower import Follower
from stream.records import Committed, TopicPartition
from stream.runtime.careful import process_carefully
from stream.runtime.options import RunnerOptions
from stream.runtime.snapshots import Snapshot, encode_snapshot
from stream.tasks.protocol import PartitionState, Task
from tests.conftest import wait_until
from tests.stream.runtime.harness import Run, compacted, events, filled
from tests.stream.runtime.memory import MemoryTransport
from tests.stream.runtime.toy import LargeTask, PickyTask, ToyTask

EVENTS = TopicPartition("events", 0)
SNAPSHOTS = TopicPartition("toy.snapshots", 0)


def make(task: Task, transport: MemoryTransport, **more: object) -> Follower:
    return Follower(task, transport, RunnerOptions(batch_size=7, snapshot_every=60), **more)  # type: ignore[arg-type]  # by name


def plain(task: Task, transport: MemoryTransport, tp: TopicPartition, end: int) -> PartitionState:
    """The state of a partition from its first record on, one record at a time."""
    state = task.open(tp)
    for record in transport.logs[tp][:end]:
        process_carefully(state, [record], {})
    return state


def dumps(state: PartitionState) -> dict[bytes, bytes]:
    return {entity: state.dump(entity) for entity in state.entities()}


def settled(follower: Follower) -> Follower:
    """Follow until nothing is left to be read."""
    while follower.refresh():
        pass
    return follower


def check(task: Task, transport: MemoryTransport, follower: Follower) -> None:
    for tp, owned in follower.held().items():
        assert dumps(owned.state) == dumps(plain(task, transport, tp, owned.offset))


TASKS = [ToyTask(2), PickyTask(2), LargeTask(2)]


@pytest.mark.parametrize("task", TASKS, ids=lambda task: type(task).__name__)
@given(seed=st.integers(0, 10**6), pieces=st.integers(2, 8))
@settings(max_examples=25)
def test_at_any_cut_its_states_are_those_of_the_owner(task: Task, seed: int, pieces: int) -> None:
    chance = random.Random(seed)
    limit = 60 if isinstance(task, LargeTask) else None
    transport = filled(task, 0, limit=limit)
    poison = 0.02 if isinstance(task, PickyTask) else 0.0
    records = events(300, 9, seed, nulls=0.02, poison=poison)
    cuts = sorted(chance.sample(range(1, 300), pieces))
    early: Follower | None = None
    for start, stop in zip([0, *cuts], [*cuts, 300], strict=True):
        transport.append(records[start:stop])
        if chance.random() < 0.7:
            Run(task, transport, polls=chance.randrange(1, 9), graceful=chance.random() < 0.5)()
        if chance.random() < 0.3:
            compacted(transport)
        if early is None and chance.random() < 0.5:
            early = make(task, transport)
        followers = [make(task, transport), *([early] if early else [])]
        for follower in followers:
            follower.refresh()
            check(task, transport, follower)
    run = Run(task, transport)()
    last = settled(make(task, transport))
    for tp, owned in run.runner.held().items():
        for follower in (last, *([settled(early)] if early else [])):
            followed = follower.held()[tp]
            assert followed.offset == owned.offset
            assert dumps(followed.state) == dumps(owned.state)


@given(st.data())
@settings(max_examples=20)
def test_the_owner_may_go_on_while_a_follower_restores(data: st.DataObject) -> None:
    task = ToyTask()
    transport = filled(task)
    Run(task, transport, polls=data.draw(st.integers(1, 4)), graceful=False)()
    read, moments = transport.read, data.draw(st.sets(st.integers(0, 40), max_size=4))
    count = 0

    def busy(tp: TopicPartition, start: int, stop: int | None = None):
        nonlocal count
        for record in read(tp, start, stop):
            if count in moments:
                transport.read = read
                Run(task, transport, polls=2, graceful=False)()
                compacted(transport)
                transport.read = busy
            count += 1
            yield record

    transport.read = busy
    follower = make(task, transport)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(replica_module, "BATCHES", 0)  # as it is restored, before it reads on
        follower.refresh()
    transport.read = read
    assert follower.held()
    check(task, transport, follower)
    settled(follower)
    assert follower.held()[EVENTS].offset == 300
    check(task, transport, follower)


def test_records_on_which_the_task_raises_are_taken_as_the_owner_takes_them() -> None:
    task = PickyTask()
    transport = filled(task, poison=0.05)
    follower = make(task, transport)
    for _ in range(10):
        follower.refresh()
    (replica,) = follower.status().partitions
    assert (replica.phase, replica.offset) == ("following", 300)
    assert replica.restarts == 1
    check(task, transport, follower)


def test_it_writes_and_commits_nothing() -> None:
    task = ToyTask()
    transport = filled(task)
    Run(task, transport, polls=3, graceful=False)()
    logs = {tp: len(log) for tp, log in transport.logs.items()}
    committed = transport.committed("cutstream.toy")
    settled(make(task, transport))
    assert {tp: len(log) for tp, log in transport.logs.items()} == logs
    assert transport.committed("cutstream.toy") == committed
    assert list(transport.groups) == ["cutstream.toy"]
    assert transport.groups["cutstream.toy"].members == {}


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


def test_corrupt_snapshots_are_passed_over() -> None:
    task = ToyTask()
    transport = filled(task)
    Run(task, transport, polls=4)()
    log = transport.logs[SNAPSHOTS]
    log[:] = [record._replace(value=b"?" + (record.value or b"")) for record in log]
    follower = settled(make(task, transport))
    assert follower.held()[EVENTS].offset == 300
    check(task, transport, follower)


def test_a_snapshot_of_another_version_is_told_and_tried_again(monkeypatch) -> None:
    task = ToyTask()
    transport = filled(task)
    Run(task, transport, polls=4)()
    whole = list(transport.logs[SNAPSHOTS])
    foreign = b"\x02\x00" + bytes(12)
    state = foreign + struct.pack("<I", crc32(foreign))
    outgoing = encode_snapshot(Snapshot(b"k1", state, 1, 0), SNAPSHOTS.topic, EVENTS, 1)
    transport.append([outgoing])
    follower = make(task, transport)
    follower.refresh()
    assert "must be of version 1, got 2" in str(follower.status().partitions[0].problem)
    transport.logs[SNAPSHOTS] = whole
    monkeypatch.setattr(replica_module, "monotonic", lambda: 1e12)
    settled(follower)
    check(task, transport, follower)


def test_snapshots_without_any_commit_are_used() -> None:
    task = ToyTask()
    transport = filled(task)
    Run(task, transport, polls=4, graceful=False)()
    transport.groups.clear()
    follower = settled(make(task, transport))
    check(task, transport, follower)


def test_an_offset_that_somebody_else_wrote_is_told() -> None:
    task = ToyTask()
    transport = filled(task)
    Run(task, transport, polls=2)()
    transport.groups["cutstream.toy"].offsets[EVENTS] = Committed(5, "")
    follower = make(task, transport)
    follower.refresh()
    assert "commit metadata" in str(follower.status().partitions[0].problem)


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


def test_in_a_thread_of_its_own_it_follows_until_it_is_closed() -> None:
    task = ToyTask()
    transport = filled(task, 100)
    follower = make(task, transport, interval=0.01)
    follower.start()
    wait_until(lambda: [p.offset for p in follower.status().partitions] == [100])
    transport.append(events(50, 7, 3))
    wait_until(lambda: [p.offset for p in follower.status().partitions] == [150])
    follower.close()
    check(task, transport, follower)


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


def test_closing_gives_up_a_restore() -> None:
    task = ToyTask()
    transport = filled(task)
    Run(task, transport)()
    read, reached, go = transport.read, Event(), Event()

    def slow(tp: TopicPartition, start: int, stop: int | None = None):
        for record in read(tp, start, stop):
            reached.set()
            assert go.wait(30)
            yield record

    transport.read = slow
    follower = make(task, transport)
    follower.start()
    assert reached.wait(30)
    follower._stop.set()
    go.set()
    follower.close()
    assert follower.held() == {}


def test_closing_does_not_wait_for_a_log_that_is_away(monkeypatch) -> None:
    monkeypatch.setattr(module, "GRACE", 0.05)
    task = ToyTask()
    transport = filled(task)
    reached, go = Event(), Event()

    def stuck() -> None:
        reached.set()
        assert go.wait(30)

    transport.topics = stuck  # type: ignore[method-assign,assignment]  # the fault itself
    follower = make(task, transport)
    follower.start()
    assert reached.wait(30)
    with capture_logs() as logs:
        follower.close()
    go.set()
    assert [entry["event"] for entry in logs] == ["follower_left_behind"]
    follower._thread.join(30)


def test_what_only_an_owner_needs_does_not_pile_up() -> None:
    task = ToyTask()
    follower = settled(make(task, filled(task, nulls=0.2)))
    (owned,) = follower.held().values()
    assert len(owned.schedule) == 0
    assert not owned._gone
