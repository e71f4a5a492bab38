"""Followers of a toy task, and what its owner has."""

from __future__ import annotations

from stream.live.follower import Follower
from stream.records import TopicPartition
from stream.runtime.careful import process_carefully
from stream.runtime.options import RunnerOptions
from stream.tasks.protocol import PartitionState, Task
from tests.stream.runtime.memory import MemoryTransport

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
