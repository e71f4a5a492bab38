"""Whatever goes wrong and wherever, the outputs are those of an undisturbed run."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream.errors import FencedError
from stream.records import TopicPartition
from tests.stream.runtime.harness import Run, filled, outputs, replay_length
from tests.stream.runtime.memory import Crash, Faults, Faulty
from tests.stream.runtime.toy import ToyTask

TASK = ToyTask(partitions=2)
TOPICS = ("toy", "toy.dlq")


def finished(transport):
    return {topic: outputs(transport, topic) for topic in TOPICS}


def undisturbed():
    transport = filled(TASK)
    Run(TASK, transport)()
    return finished(transport)


EXPECTED = undisturbed()


def test_the_undisturbed_run_is_what_the_task_says():
    scored = [record for records in EXPECTED["toy"].values() for record in records]
    letters = [record for records in EXPECTED["toy.dlq"].values() for record in records]
    assert len(letters) > 0
    assert len(scored) + len(letters) == 300
    seen: dict[bytes, int] = {}
    for _, _, key, value, _ in scored:
        seen[key] = seen.get(key, 0) + 1
        assert int(value.split()[2]) == seen[key]


sizes = {"batch_size": st.integers(1, 80), "snapshot_every": st.integers(1, 120)}


@given(**sizes)
@settings(max_examples=30)
def test_batches_and_snapshots_leave_no_trace(batch_size, snapshot_every):
    transport = filled(TASK)
    Run(TASK, transport, batch_size=batch_size, snapshot_every=snapshot_every)()
    assert finished(transport) == EXPECTED


@given(
    points=st.lists(st.tuples(st.integers(1, 200), st.booleans()), min_size=1, max_size=5),
    graceful=st.booleans(),
    **sizes,
)
@settings(max_examples=100)
def test_crashes_leave_no_trace(points, graceful, batch_size, snapshot_every):
    transport = filled(TASK)
    options = {"batch_size": batch_size, "snapshot_every": snapshot_every}
    for at, after in points:
        run = Run(TASK, Faulty(transport, Faults(at, after)), graceful=graceful, **options)
        with suppress(Crash):
            run()
        assert run.metric("cutstream_replay_mismatch_total") == 0
        replays = replay_length(transport, TASK)
        assert replays <= 2 * snapshot_every
    Run(TASK, transport, **options)()
    assert finished(transport) == EXPECTED


def test_a_crash_at_every_single_call_leaves_no_trace():
    options = {"batch_size": 25, "snapshot_every": 30}
    counting, calm = Faults(), filled(TASK, 80)
    Run(TASK, Faulty(calm, counting), **options)()
    for at in range(1, counting.calls + 1):
        for after in (False, True):
            transport = filled(TASK, 80)
            with pytest.raises(Crash):
                Run(TASK, Faulty(transport, Faults(at, after)), **options)()
            Run(TASK, transport, **options)()
            assert finished(transport) == finished(calm)


@pytest.mark.parametrize("commit", range(1, 7))
def test_a_refused_commit_is_dropped_and_done_again(commit):
    transport = filled(TASK)
    faults = Faults(commit, error=FencedError("The member 'w1' was fenced."), only="commit")
    run = Run(TASK, Faulty(transport, faults))()
    assert faults.fired
    assert run.metric("cutstream_fenced_total") == 1
    assert run.metric("cutstream_replay_mismatch_total") == 0
    assert finished(transport) == EXPECTED


def test_outputs_are_computed_once_however_often_the_transport_has_to_write_them():
    transport = filled(TASK)
    run = Run(TASK, transport)()
    assert run.metric("cutstream_records_consumed_total", topic="events") == 300
    assert run.metric("cutstream_replayed_records_total") == 0


def test_a_graceful_end_leaves_nothing_to_be_replayed():
    transport = filled(TASK)
    Run(TASK, transport, polls=4)()
    read = sum(c.offset for c in transport.committed("cutstream.toy").values())
    assert 0 < read < 300
    assert replay_length(transport, TASK) == 0
    assert Run(TASK, transport)().metric("cutstream_replayed_records_total") == 0
    assert finished(transport) == EXPECTED


def test_an_abandoned_run_leaves_a_replay_that_its_successor_does():
    transport = filled(TASK)
    Run(TASK, transport, polls=4, graceful=False)()
    left = replay_length(transport, TASK)
    assert left > 0
    run = Run(TASK, transport)()
    assert run.metric("cutstream_replayed_records_total") == left
    assert finished(transport) == EXPECTED


def test_a_record_that_comes_twice_is_noticed():
    transport = filled(TASK)
    run = Run(TASK, transport)
    session = transport.session
    rewound = []

    def joined(*args, **kwargs):
        found = session(*args, **kwargs)
        commit = found.commit

        def rewind(offsets):
            commit(offsets)
            if not rewound:
                rewound.append(found.seek(TopicPartition("events", 0), 0))

        found.commit = rewind
        return found

    transport.session = joined
    with pytest.raises(Exception, match="it would be processed twice"):
        run()
