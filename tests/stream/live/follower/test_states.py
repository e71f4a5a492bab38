"""A follower has, at any offset, the very states that the owner has there."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream.live import replica as replica_module
from stream.live.follower import Follower
from stream.records import TopicPartition
from stream.tasks.protocol import Task
from tests.stream.live.follower.followers import EVENTS, check, dumps, make, settled
from tests.stream.runtime.harness import Run, compacted, events, filled
from tests.stream.runtime.toy import LargeTask, PickyTask, ToyTask

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


def test_what_only_an_owner_needs_does_not_pile_up() -> None:
    task = ToyTask()
    follower = settled(make(task, filled(task, nulls=0.2)))
    (owned,) = follower.held().values()
    assert len(owned.schedule) == 0
    assert not owned._gone
