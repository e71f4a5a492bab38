"""A follower of a shared state has, at any offset, the very state that the owner has there."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream.live import replica as replica_module
from stream.live.follower import Follower
from stream.records import Record, TopicPartition
from stream.runtime import recovery
from stream.runtime.careful import ProcessingFailedError, process_shared
from stream.runtime.options import RunnerOptions
from stream.tasks.protocol import ModelError
from tests.stream.runtime.harness import Run, compacted, events, filled
from tests.stream.runtime.memory import MemoryTransport
from tests.stream.runtime.shared_toy import POISON, SharedToyState, SharedToyTask

TASK = SharedToyTask()
EVENTS = TopicPartition("events", 0)
SNAPSHOTS = TopicPartition("toy.snapshots", 0)


def make(transport: MemoryTransport) -> Follower:
    return Follower(TASK, transport, RunnerOptions(batch_size=7, snapshot_every=60))


def plain(transport: MemoryTransport, end: int) -> SharedToyState:
    """The state from the first record on, without those on which it raises."""
    state = SharedToyState("toy", EVENTS)
    for record in transport.logs[EVENTS][:end]:
        if record.value != POISON or record.key is None:
            state.process([record])
    return state


def content(state: object) -> tuple[object, ...]:
    assert isinstance(state, SharedToyState)
    return state.rows, state.chain, state.total


def check(transport: MemoryTransport, follower: Follower) -> None:
    for owned in follower.held().values():
        assert content(owned.state) == content(plain(transport, owned.offset))


def go_on(transport: MemoryTransport, read: Any, polls: int = 99) -> None:
    """The owner writes on and the log is compacted, while somebody reads through a spy."""
    spy, transport.read = transport.read, read  # type: ignore[method-assign]  # the test's own spy
    Run(TASK, transport, polls=polls, graceful=False)()
    compacted(transport)
    transport.read = spy  # type: ignore[method-assign]  # the test's own spy


@given(
    st.integers(0, 10**6),
    st.integers(2, 8),
    st.sampled_from([None, 120]),
    st.sampled_from([0, 0.02]),
)
@settings(max_examples=40, deadline=None)
def test_at_any_cut_its_state_is_that_of_the_owner(
    seed: int, pieces: int, limit: int | None, poison: float
) -> None:
    chance = random.Random(seed)
    transport = filled(TASK, 0, limit=limit)
    records = events(300, 9, seed, nulls=0.05, poison=poison)
    cuts = sorted(chance.sample(range(1, 300), pieces))
    early = make(transport)
    for start, stop in zip([0, *cuts], [*cuts, 300], strict=True):
        transport.append(records[start:stop])
        if chance.random() < 0.7:
            Run(TASK, transport, polls=chance.randrange(1, 9), graceful=chance.random() < 0.5)()
        if chance.random() < 0.5:
            compacted(transport)
        late = make(transport)
        for follower in (early, late):
            follower.refresh()
            check(transport, follower)
    for follower in (early, make(transport)):
        for _ in range(30):
            follower.refresh()
        assert follower.held()[EVENTS].offset == 300
        check(transport, follower)


@given(st.data())
@settings(max_examples=40, deadline=None)
def test_the_owner_may_take_apart_what_a_follower_reads(data: st.DataObject) -> None:
    transport = filled(TASK, nulls=0.1)
    Run(TASK, transport, polls=data.draw(st.integers(2, 4)), graceful=False)()
    read, moments = transport.read, data.draw(st.sets(st.integers(0, 40), max_size=4))
    count = 0

    def busy(tp: TopicPartition, start: int, stop: int | None = None, *, newest: bool = False):
        nonlocal count
        # Looked up as it is read, as on a log that is compacted in between.
        for offset in range(start, transport.end(tp) if stop is None else stop):
            if count in moments:
                go_on(transport, read, polls=3)
            count += 1
            yield from read(tp, offset, offset + 1)

    transport.read = busy  # type: ignore[method-assign]  # the test's own spy
    follower = make(transport)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(replica_module, "BATCHES", 0)  # as it is restored, before it reads on
        follower.refresh()
    transport.read = read  # type: ignore[method-assign]  # the test's own spy
    assert follower.held()
    check(transport, follower)
    while follower.refresh():
        pass
    assert follower.held()[EVENTS].offset == 300
    check(transport, follower)


def test_a_checkpoint_that_was_overtaken_is_left_for_the_newer_one() -> None:
    transport = filled(TASK)
    Run(TASK, transport, polls=3, graceful=False)()
    read, reads = transport.read, []

    def once_late(tp: TopicPartition, start: int, stop: int | None = None, *, newest: bool = False):
        found = list(read(tp, start, stop, newest=newest))
        if tp == SNAPSHOTS:
            reads.append(start)
            if len(reads) == 1:  # the manifest is known, its pieces are not
                go_on(transport, read)
        yield from found

    transport.read = once_late  # type: ignore[method-assign]  # the test's own spy
    follower = make(transport)
    follower.refresh()
    (status,) = follower.status().partitions
    assert (status.phase, status.restarts) == ("following", 0)
    check(transport, follower)
    # Twice the manifest and twice the pieces, and a look whether there was a newer one.
    assert len(reads) == 5


def test_one_that_is_never_fast_enough_says_so_and_tries_again_later() -> None:
    transport = filled(TASK, 100)
    Run(TASK, transport, polls=3)()
    read = transport.read

    def too_late(tp: TopicPartition, start: int, stop: int | None = None, *, newest: bool = False):
        found = list(read(tp, start, stop, newest=newest))
        if tp == SNAPSHOTS:
            transport.append(events(60, 3))
            go_on(transport, read)
        yield from found

    transport.read = too_late  # type: ignore[method-assign]  # the test's own spy
    follower = make(transport)
    follower.refresh()
    (status,) = follower.status().partitions
    assert status.phase == "waiting"
    assert f"but {recovery.TRIES} were overtaken by newer ones meanwhile" in (status.problem or "")


def test_records_on_which_the_task_raises_are_taken_as_the_owner_takes_them() -> None:
    transport = filled(TASK, poison=0.05)
    culprits = [r for r in transport.logs[EVENTS] if r.value == POISON and r.key is not None]
    follower = make(transport)
    for _ in range(100):
        follower.refresh()
    (replica,) = follower.status().partitions
    assert (replica.phase, replica.offset) == ("following", 300)
    assert 0 < replica.restarts <= 2 * len(culprits)
    check(transport, follower)


def test_a_culprit_is_named_where_records_are_taken_one_by_one() -> None:
    state = SharedToyState("toy", EVENTS)
    records = [Record("events", 0, at, 0, b"k", POISON if at == 2 else b"1", ()) for at in range(4)]
    with pytest.raises(ProcessingFailedError) as failed:
        process_shared(state, records, {}, 0, carefully=False)
    assert (failed.value.offset, failed.value.culprit) == (0, None)
    fresh = SharedToyState("toy", EVENTS)
    with pytest.raises(ProcessingFailedError) as failed:
        process_shared(fresh, records, {}, 0, carefully=True)
    assert failed.value.offset == 2
    assert isinstance(failed.value.culprit, ModelError)
    fresh = SharedToyState("toy", EVENTS)
    step, refused = process_shared(fresh, records, {2: failed.value.culprit}, 0, carefully=False)
    assert refused == 1
    assert [output.offset for output in step.outputs] == [0, 1, 2, 3]
    assert fresh.total == 3
