"""Several topics become one ordered log, with nothing lost, doubled or changed."""

from __future__ import annotations

from collections import defaultdict
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream.codec import Rejected, RejectReason
from stream.codec.kinds import Kind, kind_of
from stream.codec.origin import original
from stream.records import Outgoing, Record, TopicPartition
from stream.tasks.protocol import ModelError, PartitionState, Task
from stream.tasks.sequence import KeyOf, SequenceTask
from stream.transports.protocol import TopicSpec
from tests.stream.runtime.harness import Run
from tests.stream.runtime.memory import Crash, Faults, Faulty, MemoryTransport

CLICKS, ITEMS = TopicSpec("clicks", 3), TopicSpec("items", 1, compact=True)
TARGET = TopicSpec("cutstream.shop.sequenced", 1)


def task(source: TopicSpec, kind: Kind, key_of: KeyOf | None = None) -> SequenceTask:
    return SequenceTask(
        f"shop:{kind}s",
        source,
        TARGET,
        kind=kind,
        key_of=key_of,
        dead_letters=TopicSpec(f"{source.name}.dlq", source.partitions),
    )


TASKS = [task(CLICKS, Kind.INTERACTION), task(ITEMS, Kind.ITEM)]


def topics() -> MemoryTransport:
    log = MemoryTransport()
    for one in TASKS:
        for spec in one.topics:
            log.ensure_topic(spec)
    log.append([Outgoing("clicks", b"u%d" % (at % 7), b"%d" % at, ()) for at in range(150)])
    values = (b"an item", None)
    log.append([Outgoing("items", b"i%d" % at, values[at % 2], ()) for at in range(40)])
    return log


def by_source(log: MemoryTransport) -> dict[TopicPartition, list[Record]]:
    found = defaultdict(list)
    for copy in log.read(TopicPartition(TARGET.name, 0), 0):
        record = original(copy)
        assert kind_of(copy) == (Kind.ITEM if record.topic == "items" else Kind.INTERACTION)
        assert (copy.key, copy.value) == (record.key, record.value)
        found[TopicPartition(record.topic, record.partition)].append(record)
    return found


def check(log: MemoryTransport) -> None:
    found = by_source(log)
    for source in (CLICKS, ITEMS):
        for partition in range(source.partitions):
            tp = TopicPartition(source.name, partition)
            assert found[tp] == list(log.read(tp, 0))


def test_the_contract_is_kept() -> None:
    whole: Task = TASKS[0]
    opened: PartitionState = whole.open(TopicPartition("clicks", 2))
    assert (whole.name, whole.inputs) == ("shop:interactions", ("clicks",))
    assert whole.snapshot_topic is None
    assert list(opened.entities()) == []
    assert TASKS[0].configuration != TASKS[1].configuration
    with pytest.raises(ValueError, match="must be 'clicks', got 'items'"):
        whole.open(TopicPartition("items", 0))


def test_every_record_of_every_topic_is_there_once_in_its_order() -> None:
    log = topics()
    for _ in range(4):
        for one in TASKS:
            Run(one, log, batch_size=20, polls=2)()
    for one in TASKS:
        Run(one, log)()
    check(log)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 1), st.integers(1, 90), st.booleans()), max_size=6))
def test_it_is_whole_wherever_a_task_crashed(crashes: list[tuple[int, int, bool]]) -> None:
    log = topics()
    for which, call, after in crashes:
        with suppress(Crash):
            faulty: Any = Faulty(log, Faults(call, after))
            Run(TASKS[which], faulty, batch_size=20)()
    for one in TASKS:
        Run(one, log)()
    check(log)


def labelled(record: Record) -> bytes | Rejected:
    value = record.value or b""
    if not value:
        return Rejected(RejectReason.NULL_VALUE, "No value.")
    return b"entity-" + value


def test_labels_get_the_key_of_their_entity() -> None:
    source = TopicSpec("labels", 2)
    state = task(source, Kind.LABEL, labelled).open(TopicPartition("labels", 1))
    records = [
        Record("labels", 1, 4, 9, b"other", b"7", ()),
        Record("labels", 1, 5, 9, b"entity-7", None, ()),
        Record("labels", 1, 6, 9, None, None, ()),
    ]
    copied, deleted, refused = (output.record for output in state.process(records).outputs)
    assert (copied.topic, copied.key, copied.value) == (TARGET.name, b"entity-7", b"7")
    assert (deleted.topic, deleted.key, deleted.value) == (TARGET.name, b"entity-7", None)
    assert (refused.topic, refused.partition) == ("labels.dlq", 1)
    assert dict(refused.headers)["cutstream.error.task"] == b"shop"
    letter = state.refuse(records[0], ModelError("ValueError: no.", "line 1")).record
    assert dict(letter.headers)["cutstream.error.reason"] == b"model_error"
