"""Entities that are forgotten: state, snapshot and audit, through crashes and compaction."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream.records import Outgoing, TopicPartition
from stream.runtime.chunks import parse_key
from stream.runtime.snapshots import decode_snapshot
from tests.stream.runtime.harness import Run, compacted, filled, outputs
from tests.stream.runtime.memory import Crash, Faults, Faulty
from tests.stream.runtime.toy import LargeTask, ToyTask

TASK = ToyTask(partitions=2)
EVENTS = TopicPartition("events", 0)
SNAPSHOTS = TopicPartition("toy.snapshots", 0)
NULLS = 0.1
MISMATCH = "cutstream_replay_mismatch_total"


def undisturbed():
    transport = filled(TASK, nulls=NULLS)
    Run(TASK, transport)()
    return outputs(transport)


EXPECTED = undisturbed()


def newest(transport, task_topic="toy.snapshots"):
    """By entity, the newest record of its snapshots."""
    found = {}
    for tp in transport.logs:
        if tp.topic == task_topic:
            for record in transport.read(tp, 0):
                key = parse_key(record.key)
                if not key.chunk:
                    found[key.entity] = record
    return found


def test_a_forgotten_entity_begins_anew():
    task = ToyTask()
    transport = filled(task, 0)
    values = [b"1", b"2", None, b"3"]
    transport.append([Outgoing("events", b"k", value, (), 1) for value in values])
    run = Run(task, transport)()
    seen = [value.split()[2] for _, _, _, value, _ in outputs(transport)[0]]
    assert seen == [b"1", b"2", b"1"]
    assert run.metric("cutstream_entities_forgotten_total") == 1
    assert run.metric("cutstream_records_consumed_total", topic="events") == 4


def test_its_snapshot_goes_in_the_transaction_that_forgets_it():
    task = ToyTask()
    transport = filled(task, 0)
    transport.append([Outgoing("events", b"k", b"1", (), 1)])
    Run(task, transport)()
    assert newest(transport)[b"k"].value is not None
    transport.append([Outgoing("events", b"k", None, (), 1)])
    # The second transaction of a graceful end is never begun: there is nothing left to be saved.
    run = Run(task, transport)()
    assert run.metric("cutstream_transactions_committed_total") == 1
    tombstone = newest(transport)[b"k"]
    assert tombstone.value is None
    snapshot = decode_snapshot(tombstone)
    assert (snapshot.entity, snapshot.state, snapshot.valid_at) == (b"k", None, 2)
    assert run.metric("cutstream_snapshots_written_total") == 0


def test_who_was_never_there_is_not_forgotten():
    task = ToyTask()
    transport = filled(task, 0)
    transport.append([Outgoing("events", b"k", None, (), 1)])
    run = Run(task, transport)()
    assert newest(transport) == {}
    assert run.metric("cutstream_entities_forgotten_total") == 0


def test_what_is_forgotten_stays_so_for_a_successor():
    transport = filled(TASK, nulls=NULLS)
    Run(TASK, transport)()
    alive = {entity for entity, record in newest(transport).items() if record.value is not None}
    transport.append([Outgoing("events", entity, None, (), 9) for entity in sorted(alive)])
    Run(TASK, transport)()
    assert all(record.value is None for record in newest(transport).values())
    run = Run(TASK, transport)
    run.runner.run()
    assert [list(owned.state.entities()) for owned in run.runner._owned.all()] == [[], []]


crashes = st.lists(st.tuples(st.integers(1, 200), st.booleans()), min_size=1, max_size=5)
sizes = {"batch_size": st.integers(1, 80), "snapshot_every": st.integers(1, 120)}


@given(**sizes)
@settings(max_examples=30)
def test_batches_and_snapshots_leave_no_trace(batch_size, snapshot_every):
    transport = filled(TASK, nulls=NULLS)
    Run(TASK, transport, batch_size=batch_size, snapshot_every=snapshot_every)()
    assert outputs(transport) == EXPECTED


@pytest.mark.parametrize("kept", [None, 2, 1])
@given(points=crashes, graceful=st.booleans(), **sizes)
@settings(max_examples=50)
def test_crashes_and_compaction_leave_no_trace(kept, points, graceful, batch_size, snapshot_every):
    transport = filled(TASK, nulls=NULLS)
    options = {"batch_size": batch_size, "snapshot_every": snapshot_every}
    for at, after in points:
        run = Run(TASK, Faulty(transport, Faults(at, after)), graceful=graceful, **options)
        with suppress(Crash):
            run()
        assert run.metric(MISMATCH) == 0
        if kept:
            compacted(transport, newest=kept)
    assert Run(TASK, transport, **options)().metric(MISMATCH) == 0
    assert outputs(transport) == EXPECTED


@given(points=crashes, limit=st.integers(20, 80), kept=st.sampled_from([1, 2, None]), **sizes)
@settings(max_examples=60)
def test_so_do_large_states_that_are_forgotten(points, limit, kept, batch_size, snapshot_every):
    task = LargeTask()
    calm = filled(task, 150, nulls=NULLS)
    Run(task, calm)()
    transport = filled(task, 150, nulls=NULLS, limit=limit)
    # What is put out is larger than a state may be here.
    transport.max_record_bytes = None
    options = {"batch_size": batch_size, "snapshot_every": snapshot_every}
    for at, after in points:
        transport.max_record_bytes = max(limit, 60)
        run = Run(task, Faulty(transport, Faults(at, after)), **options)
        with suppress(Crash):
            run()
        assert run.metric(MISMATCH) == 0
        assert run.metric("cutstream_corrupt_snapshots_total") == 0
        if kept:
            compacted(transport, newest=kept)
    Run(task, transport, **options)()
    assert outputs(transport) == outputs(calm)


def test_a_damaged_snapshot_gives_way_to_the_forgetting_before_it():
    task = ToyTask()
    transport = filled(task, 0)

    def ran(*values):
        transport.append([Outgoing("events", b"k", value, (), 1) for value in values])
        return Run(task, transport)()

    ran(b"1", b"2")
    ran(None)
    ran(b"3")
    log = transport.logs[SNAPSHOTS]
    assert [record.value is None for record in log] == [False, True, False]
    log[-1] = log[-1]._replace(value=b"damaged")
    run = ran(b"4")
    assert run.metric("cutstream_corrupt_snapshots_total") == 1
    # From where it had been forgotten on, and not from the snapshot before that.
    assert run.metric("cutstream_replayed_records_total") == 1
    assert run.metric(MISMATCH) == 0
    assert [value.split()[2] for _, _, _, value, _ in outputs(transport)[0]] == [
        b"1",
        b"2",
        b"1",
        b"2",
    ]


def test_a_deletion_by_somebody_else_is_no_damage():
    task = ToyTask()
    transport = filled(task, 20)
    Run(task, transport)()
    (one, *_) = newest(transport).values()
    transport.append([Outgoing("toy.snapshots", one.key, None, (), 1, 0)])
    run = Run(task, transport)()
    assert run.metric("cutstream_corrupt_snapshots_total") == 0
