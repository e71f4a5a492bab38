"""A task that needs an answer from elsewhere (a schema, say) in the middle of a batch."""

from __future__ import annotations

from collections.abc import Sequence

from stream.errors import TransportUnavailable
from stream.live.follower import Follower
from stream.records import Outgoing, Record, TopicPartition
from stream.runtime.options import RunnerOptions
from stream.tasks.protocol import PartitionState, Step
from tests.stream.runtime.harness import Run, filled, outputs
from tests.stream.runtime.memory import MemoryTransport
from tests.stream.runtime.toy import POISON, PickyState, PickyTask

TP = TopicPartition("events", 0)


class AskingState(PickyState):
    """Has to ask before it takes records of entity b, and may get no answer."""

    unanswered = 0

    def process(self, records: Sequence[Record]) -> Step:
        asks = any(r.key == b"b" for r in records) and all(r.value != POISON for r in records)
        if asks and AskingState.unanswered:
            AskingState.unanswered -= 1
            raise TransportUnavailable("The registry is away.")
        return super().process(records)


class AskingTask(PickyTask):
    def open(self, tp: TopicPartition) -> PartitionState:
        return AskingState(self.name, tp)


TASK = AskingTask()
RECOVERIES = "cutstream_recovery_duration_seconds_count"


def put(transport: MemoryTransport, *records: tuple[bytes, bytes]) -> None:
    transport.append([Outgoing("events", key, value, (), 1) for key, value in records])


def run(transport: MemoryTransport, unanswered: int) -> Run:
    AskingState.unanswered = unanswered
    return Run(TASK, transport, retry_first=0.0001, retry_most=0.001)()


def test_entities_that_had_gone_on_by_then_do_not_go_on_twice() -> None:
    found = []
    for unanswered in (0, 1, 3):
        transport = filled(TASK, 0)
        put(transport, (b"a", b"0"))
        run(transport, 0)
        # The poison has the batch taken entity by entity: a first, then b.
        put(transport, (b"a", b"1"), (b"a", POISON), (b"b", b"2"), (b"a", b"3"))
        assert run(transport, unanswered).metric("cutstream_replay_mismatch_total") == 0
        found.append((outputs(transport), outputs(transport, "toy.dlq")))
    assert found[1:] == found[:1] * 2


def test_a_batch_that_is_taken_at_once_is_tried_again_without_a_restore() -> None:
    transport = filled(TASK, 0)
    put(transport, (b"a", b"0"))
    run(transport, 0)
    put(transport, (b"a", b"1"), (b"b", b"2"))
    assert run(transport, 3).metric(RECOVERIES) == 1


def test_a_follower_starts_anew_where_some_had_gone_on() -> None:
    transport = filled(TASK, 0)
    put(transport, (b"a", b"0"))
    follower = Follower(TASK, transport, RunnerOptions())
    AskingState.unanswered = 0
    follower.refresh()
    put(transport, (b"a", b"1"), (b"a", POISON), (b"b", b"2"))
    follower.refresh()
    put(transport, (b"a", b"3"), (b"b", b"4"))
    AskingState.unanswered = 1
    while follower.held().get(TP) is None or follower.held()[TP].offset < 6:
        follower.refresh()
    state = follower.held()[TP].state
    whole = TASK.open(TP)
    whole.process([r for r in transport.logs[TP] if r.value != POISON])
    assert {e: state.dump(e) for e in state.entities()} == {
        e: whole.dump(e) for e in whole.entities()
    }
