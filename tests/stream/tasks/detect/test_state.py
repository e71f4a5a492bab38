"""The task as a function of its log: contract, batches, snapshots."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import CorruptState
from stream.records import Record, TopicPartition
from stream.tasks.protocol import PartitionState, Task
from stream.transports.protocol import TopicSpec
from tests.stream.tasks.detect.flows import (
    ALERTS,
    LETTERS,
    headers_of,
    reading,
    record,
    score_of,
    state,
    state_before,
    task,
    tombstone,
)


def test_the_contract_is_kept() -> None:
    as_task: Task = task()
    as_state: PartitionState = as_task.open(TopicPartition("flows", 2))
    assert list(as_state.entities()) == []
    assert as_task.name == "pipes"
    assert as_task.inputs == ("flows",)
    assert as_task.snapshot_topic == "cutstream.pipes.snapshots"
    assert as_task.topics == (
        TopicSpec("flows", 4, 86_400_000),
        TopicSpec("flows.scores", 4, 2 * 86_400_000),
        TopicSpec("flows.alerts", 4, 5 * 86_400_000),
        TopicSpec("flows.dlq", 4, 3 * 86_400_000),
        TopicSpec("cutstream.pipes.snapshots", 4, compact=True),
    )
    with pytest.raises(ValueError, match="must be 'flows', got 'other'"):
        as_task.open(TopicPartition("other", 0))


def test_records_that_a_loaded_state_holds_are_ignored() -> None:
    opened = state()
    opened.load(b"a", b"7", valid_at=3)
    step = opened.process([reading(i, 1.0, "ab"[i % 2]) for i in range(6)])
    assert [(o.entity, o.offset) for o in step.outputs] == [
        (b"b", 1),
        (b"b", 3),
        (b"a", 4),
        (b"b", 5),
    ]
    assert step.changed == {b"a": 4, b"b": 1}
    assert opened.dump(b"a") == b"8"


def test_a_corrupt_state_changes_nothing() -> None:
    opened = state()
    with pytest.raises(CorruptState):
        opened.load(b"a", b"no digits", valid_at=9)
    assert list(opened.entities()) == []
    assert len(opened.process([reading(0, 1.0)]).outputs) == 1


_RECORDS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from("abc"), st.none() | st.floats(-1e3, 1e3)),
        st.binary(max_size=4),
        st.sampled_from("abc"),
    ),
    max_size=20,
)


_Drawn = tuple[str, float | None] | bytes | str


def _numbered(drawn: Sequence[_Drawn]) -> list[Record]:
    return [_drawn_record(offset, item) for offset, item in enumerate(drawn)]


def _drawn_record(offset: int, item: _Drawn) -> Record:
    if isinstance(item, bytes):
        return record(offset, item)
    if isinstance(item, str):
        return tombstone(offset, item.encode())
    return reading(offset, item[1], item[0])


@given(
    drawn=_RECORDS, cuts=st.lists(st.integers(0, 20)), policy=st.sampled_from(["impute", "skip"])
)
def test_outputs_never_depend_on_how_batches_are_cut(
    drawn: list[_Drawn], cuts: list[int], policy: str
) -> None:
    records = _numbered(drawn)
    whole = state(f"missing: {policy}").process(records)
    pieces = state(f"missing: {policy}")
    bounds = [0, *sorted(min(cut, len(records)) for cut in cuts), len(records)]
    steps = [pieces.process(records[i:j]) for i, j in pairwise(bounds)]
    assert [output for step in steps for output in step.outputs] == whole.outputs
    for output in whole.outputs:
        if output.record.topic == "flows.scores":
            score_of(output)
        elif output.record.topic == "flows.alerts":
            ALERTS.validate(json.loads(output.record.value or b""))
        else:
            LETTERS.validate(headers_of(output))


@given(drawn=_RECORDS, cut=st.integers(0, 20))
def test_replay_from_snapshots_gives_the_same_outputs(drawn: list[_Drawn], cut: int) -> None:
    records = _numbered(drawn)
    cut = min(cut, len(records))
    first = state()
    first.process(records[:cut])
    undisturbed = first.process(records[cut:])
    second = state()
    for entity in state_before(records, cut).entities():
        second.load(entity, state_before(records, cut).dump(entity), valid_at=cut)
    assert [o for o in second.process(records).outputs if o.offset >= cut] == undisturbed.outputs


def test_a_record_names_the_entity_that_it_would_touch() -> None:
    opened = state("missing: skip")
    assert opened.entity_of(reading(0, 1.0, "b")) == b"b"
    assert opened.entity_of(tombstone(0, b"c")) == b"c"
    for touching_nothing in (tombstone(0, None), reading(0, None), record(0, b"{oops")):
        assert opened.entity_of(touching_nothing) is None
    assert list(opened.entities()) == []


def test_the_digest_changes_with_the_configuration_alone() -> None:
    assert task().configuration == task().configuration
    assert task().configuration != task("missing: skip").configuration
