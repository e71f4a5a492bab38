"""A shared state: cut anywhere, crashed anywhere, the outputs are those of an undisturbed run."""

from __future__ import annotations

from contextlib import suppress
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream.errors import FencedError
from stream.records import TopicPartition
from stream.runtime.chunks import parse_key
from stream.runtime.manifest import decode_manifest
from stream.runtime.snapshots import decode_snapshot
from tests.stream.runtime.harness import Run, compacted, events, filled, outputs, replay_length
from tests.stream.runtime.memory import Crash, Faults, Faulty
from tests.stream.runtime.shared_toy import POISON, QUERY, SharedToyTask

TASK = SharedToyTask()
TOPICS = ("toy", "toy.dlq")
SNAPSHOTS = TopicPartition("toy.snapshots", 0)


def start(limit: int | None = None, poison: float = 0.0):
    return filled(TASK, nulls=0.1, poison=poison, limit=limit)


def finished(transport):
    return {topic: outputs(transport, topic) for topic in TOPICS}


def undisturbed(poison: float = 0.0):
    transport = start(poison=poison)
    Run(TASK, transport)()
    return finished(transport)


EXPECTED = undisturbed()
sizes = {"batch_size": st.integers(1, 80), "snapshot_every": st.integers(1, 120)}
points = st.lists(st.tuples(st.integers(1, 250), st.booleans()), min_size=1, max_size=5)


def manifests(transport):
    found = []
    for record in transport.read(SNAPSHOTS, 0):
        if parse_key(record.key) == (b"", 0):
            snapshot = decode_snapshot(record)
            found.append((snapshot.valid_at, decode_manifest(snapshot.state or b"")))
    return found


@given(**sizes)
@settings(max_examples=30)
def test_batches_and_checkpoints_leave_no_trace(batch_size, snapshot_every):
    transport = start()
    Run(TASK, transport, batch_size=batch_size, snapshot_every=snapshot_every)()
    assert finished(transport) == EXPECTED
    assert replay_length(transport, TASK) == 0
    places = [valid_at for valid_at, _ in manifests(transport)]
    assert places[-1] == 300
    between = [after - before for before, after in pairwise([0, *places])]
    # Only the last, on leaving, may come early; the others with the first commit at which they are due.
    assert all(length >= snapshot_every for length in between[:-1])
    assert all(length < snapshot_every + 2 * batch_size for length in between)


@given(points=points, graceful=st.booleans(), limit=st.sampled_from([None, 120]), **sizes)
@settings(max_examples=60, deadline=None)
def test_a_crash_anywhere_leaves_no_trace(points, graceful, limit, batch_size, snapshot_every):
    transport = start(limit)
    lengths = {"batch_size": batch_size, "snapshot_every": snapshot_every}
    for at, after in points:
        faulty = Faulty(transport, Faults(at, after))
        with suppress(Crash):
            Run(TASK, faulty, graceful=graceful, polls=4, **lengths)()
        compacted(transport)
    last = Run(TASK, transport, **lengths)()
    assert finished(transport) == EXPECTED
    assert last.metric("cutstream_replay_mismatch_total") == 0
    assert last.metric("cutstream_corrupt_snapshots_total") == 0


def test_a_crash_before_and_after_every_single_call_leaves_no_trace():
    calls = Faults()
    Run(TASK, Faulty(start(120), calls))()
    for at in range(1, calls.calls + 1):
        for after in (False, True):
            transport = start(120)
            with suppress(Crash):
                Run(TASK, Faulty(transport, Faults(at, after)))()
            Run(TASK, transport)()
            assert finished(transport) == EXPECTED


@pytest.mark.parametrize("after", [False, True])
def test_a_refused_commit_leaves_no_trace(after):
    for at in (1, 2, 5):
        transport = start()
        faults = Faults(at, after, error=FencedError("no"), only="commit")
        run = Run(TASK, Faulty(transport, faults), patience=4)()
        assert finished(transport) == EXPECTED
        assert run.metric("cutstream_replay_mismatch_total") == 0


@given(points=points, **sizes)
@settings(max_examples=40, deadline=None)
def test_culprits_are_refused_and_the_whole_state_goes_on_without_them(
    points, batch_size, snapshot_every
):
    transport = start(poison=0.05)
    lengths = {"batch_size": batch_size, "snapshot_every": snapshot_every}
    for at, after in points:
        with suppress(Crash):
            Run(TASK, Faulty(transport, Faults(at, after)), graceful=False, polls=4, **lengths)()
    last = Run(TASK, transport, **lengths)()
    assert finished(transport) == POISONED
    assert last.metric("cutstream_replay_mismatch_total") == 0


POISONED = undisturbed(poison=0.05)


def test_the_culprits_alone_are_refused():
    written = list(start(poison=0.05).read(TopicPartition("events", 0), 0))
    poison = [r.offset for r in written if r.value == POISON and r.key is not None]
    assert len(poison) > 5
    letters = [dict(r[-1]) for r in POISONED["toy.dlq"][0]]
    culprits = [headers for headers in letters if "detail" in headers]
    assert [int(headers["h"]) for headers in culprits] == poison
    assert all(b"0x" not in headers["detail"].replace(b"0x>", b"") for headers in culprits)
    transport = start(poison=0.05)
    run = Run(TASK, transport)()
    assert run.metric("cutstream_model_errors_total") == len(poison)
    # One for the batch that failed, one for each culprit.
    assert run.metric("cutstream_state_rebuilds_total") < 2 * len(poison) + 2
    # No restart meets them again: each is followed by a checkpoint.
    assert max(poison) < 300
    again = Run(TASK, transport)()
    assert again.metric("cutstream_replayed_records_total") == 0


def test_questions_are_put_out_again_by_a_replay_without_an_alarm():
    transport = start()
    for record in list(transport.logs[TopicPartition("events", 0)]):
        question = record.key and record.offset % 3
        log = transport.logs[TopicPartition("events", 0)]
        log[record.offset] = record._replace(value=QUERY) if question else record
    Run(TASK, transport, graceful=False, polls=4, snapshot_every=70)()
    run = Run(TASK, transport, snapshot_every=70)()
    assert run.metric("cutstream_replayed_records_total") > 0
    assert run.metric("cutstream_replay_mismatch_total") == 0


def test_a_task_may_have_its_own_interval():
    class Paced(SharedToyTask):
        snapshot_every = 130

    transport = start()
    Run(Paced(), transport, snapshot_every=10)()
    places = [valid_at for valid_at, _ in manifests(transport)]
    assert places == [150, 300]
    assert finished(transport) == EXPECTED


def test_checkpoints_are_measured():
    transport = start()
    run = Run(TASK, transport)()
    written = list(transport.read(SNAPSHOTS, 0))
    assert run.metric("cutstream_checkpoints_written_total") == len(manifests(transport))
    assert run.metric("cutstream_checkpoint_bytes_total") == sum(
        len(r.value or b"") for r in written
    )
    assert run.metric("cutstream_checkpoint_duration_seconds_count") == len(manifests(transport))


def test_more_partitions_have_a_state_each():
    task = SharedToyTask(partitions=3)
    transport = filled(task)
    Run(task, transport)()
    expected = finished(transport)
    transport = filled(task)
    for _ in range(4):
        Run(task, transport, graceful=False, polls=3)()
    Run(task, transport)()
    assert finished(transport) == expected
    assert len(events(1, 1)) == 1
