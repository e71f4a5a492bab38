"""Asking live states: as new as must be, standing still meanwhile, and told why not."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event, Thread
from time import monotonic

import pytest
from prometheus_client import CollectorRegistry

from stream.live import states as module
from stream.live.errors import HeldElsewhere, OffsetNotReached, StateRestoring, UnknownEntity
from stream.live.follower import Follower
from stream.live.metrics import FollowerCollector
from stream.live.states import LiveStates, Place
from stream.metrics.table import PLACE
from stream.records import TopicPartition
from stream.runtime.options import RunnerOptions
from stream.runtime.partition import OwnedPartition
from tests.conftest import wait_until
from tests.stream.live.follower.followers import plain
from tests.stream.runtime.harness import Run, events, filled
from tests.stream.runtime.memory import MemoryTransport
from tests.stream.runtime.toy import ToyTask

TASK = ToyTask(2)


@pytest.fixture
def transport() -> MemoryTransport:
    return filled(TASK, 100)


@pytest.fixture
def follower(transport: MemoryTransport) -> Follower:
    return Follower(TASK, transport, RunnerOptions(batch_size=10))


@pytest.fixture
def states(follower: Follower) -> LiveStates:
    return LiveStates(follower, "events", 2)


def home(transport: MemoryTransport, entity: bytes) -> TopicPartition:
    """The partition that holds an entity's records."""
    return next(tp for tp, log in transport.logs.items() if any(r.key == entity for r in log))


def test_the_partition_of_the_entity_is_held(
    transport: MemoryTransport, follower: Follower, states: LiveStates
) -> None:
    follower.refresh()
    for entity in (b"k1", b"k2", b"k3"):
        with states.holding(entity) as owned:
            assert owned.tp == home(transport, entity)
            expected = plain(TASK, transport, owned.tp, owned.offset)
            assert owned.state.dump(entity) == expected.dump(entity)


def test_an_unknown_entity_is_told(follower: Follower, states: LiveStates) -> None:
    follower.refresh()
    with pytest.raises(UnknownEntity, match="'nobody' has no state"), states.holding(b"nobody"):
        pass


def test_what_is_being_restored_is_told(states: LiveStates) -> None:
    for after in (None, Place(0, 1)):
        with pytest.raises(StateRestoring), states.holding(b"k1", after):
            pass


def test_without_a_source_the_state_is_elsewhere() -> None:
    states = LiveStates(None, "events", 2)
    for after in (None, Place(0, 1)):
        with pytest.raises(HeldElsewhere, match=r"api\.follow"), states.holding(b"k1", after):
            pass


def test_a_worker_that_holds_some_partitions_sends_elsewhere(transport: MemoryTransport) -> None:
    group = transport.session("cutstream.toy", ["events"], member="other")
    runner = Run(TASK, transport, polls=6)().runner
    assert len(runner.held()) == 1
    states = LiveStates(runner, "events", 2)
    (mine,) = runner.held()
    entities = (b"k1", b"k2", b"k3", b"k4")
    for entity in entities:
        if home(transport, entity) == mine:
            with states.holding(entity) as owned:
                assert owned.tp == mine
        else:
            with (
                pytest.raises(HeldElsewhere, match="1 of 2 partitions"),
                states.holding(entity),
            ):
                pass
    assert {home(transport, entity) for entity in entities} == set(transport.logs) & {
        TopicPartition("events", 0),
        TopicPartition("events", 1),
    }
    group.close()


def test_a_record_that_is_there_needs_no_wait(follower: Follower, states: LiveStates) -> None:
    follower.refresh()
    (tp, owned), *_ = follower.held().items()
    entity = next(iter(owned.state.entities()))
    with states.holding(entity, Place(tp.partition, owned.offset - 1)) as held:
        assert held is owned


def test_a_record_that_does_not_come_is_told(follower: Follower, states: LiveStates) -> None:
    follower.refresh()
    (tp, owned), *_ = follower.held().items()
    entity = next(iter(owned.state.entities()))
    place = Place(tp.partition, owned.offset)
    began = monotonic()
    told = f"must hold offset {owned.offset}"
    with pytest.raises(OffsetNotReached, match=told), states.holding(entity, place, 0.05):
        pass
    assert 0.05 <= monotonic() - began < 5


def test_a_record_that_comes_is_waited_for(
    transport: MemoryTransport, follower: Follower, states: LiveStates
) -> None:
    follower.refresh()
    place = Place(0, len(transport.logs[TopicPartition("events", 0)]))
    found: list[int] = []

    def ask() -> None:
        with states.holding(b"k1", place, 10.0) as owned:
            found.append(follower.held()[TopicPartition("events", 0)].offset)
            assert owned.state.dump(b"k1")

    asking = Thread(target=ask)
    asking.start()
    transport.append(events(50, 7, 4))
    follower.refresh()
    asking.join(30)
    assert found
    assert found[0] > place.offset


def test_a_wait_survives_a_partition_that_starts_anew(
    transport: MemoryTransport, follower: Follower, states: LiveStates
) -> None:
    follower.refresh()
    tp = home(transport, b"k1")
    place = Place(tp.partition, len(transport.logs[tp]))
    offsets: list[int] = []

    def ask() -> None:
        with states.holding(b"k1", place, 10.0) as owned:
            offsets.append(owned.offset)

    asking = Thread(target=ask)
    asking.start()
    replica = follower._replicas[tp]
    fresh = OwnedPartition(tp, TASK.open(tp), replica.owned._policy, offset=0)  # type: ignore[union-attr]  # it is held
    replica.owned = fresh
    transport.append(events(50, 7, 4))
    follower.refresh()
    asking.join(30)
    assert offsets
    assert offsets[0] > place.offset


def test_only_so_many_may_wait(
    follower: Follower, states: LiveStates, monkeypatch: pytest.MonkeyPatch
) -> None:
    follower.refresh()
    place = Place(0, 10**6)
    waiting = Event()
    passes: Callable[..., bool] = module._passes

    def watched(*arguments: object) -> bool:
        waiting.set()
        return passes(*arguments)

    monkeypatch.setattr(module, "_passes", watched)
    monkeypatch.setattr(module, "MOST_WAITING", 1)
    few = LiveStates(follower, "events", 2)

    def ask() -> None:
        with pytest.raises(OffsetNotReached), few.holding(b"k1", place, 0.5):
            pass

    asking = Thread(target=ask)
    asking.start()
    assert waiting.wait(30)
    with pytest.raises(StateRestoring, match="Too many"), few.holding(b"k1", place, 0.5):
        pass
    asking.join(30)


def test_a_state_stands_still_while_it_is_asked(
    transport: MemoryTransport, follower: Follower, states: LiveStates
) -> None:
    follower.refresh()
    follower.start()
    try:
        for seed in range(20):
            transport.append(events(40, 7, seed))
            with states.holding(b"k1") as owned:
                first, offset = owned.state.dump(b"k1"), owned.offset
                assert first == plain(TASK, transport, owned.tp, offset).dump(b"k1")
                assert (owned.state.dump(b"k1"), owned.offset) == (first, offset)
        wait_until(lambda: sum(p.offset or 0 for p in follower.status().partitions) == 900)
    finally:
        follower.close()


def test_a_state_that_the_task_left_half_changed_is_not_asked(
    follower: Follower, states: LiveStates
) -> None:
    follower.refresh()
    for owned in follower.held().values():
        owned.sound = False
    with pytest.raises(StateRestoring), states.holding(b"k1"):
        pass


def test_metrics_tell_the_status(follower: Follower) -> None:
    registry = CollectorRegistry()
    registry.register(FollowerCollector([follower]))
    follower.refresh()
    for replica in follower.status().partitions:
        place = dict(zip(PLACE, ("toy", replica.topic, str(replica.partition)), strict=True))
        found = registry.get_sample_value("cutstream_follower_offset", place)
        assert found == replica.offset
        assert registry.get_sample_value("cutstream_follower_restarts_total", place) == 0
        assert registry.get_sample_value("cutstream_follower_ahead_records", place) is None
