"""Whatever goes wrong and wherever, the outputs are those of an undisturbed run."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream.errors import FencedError, TransportUnavailable
from tests.stream.runtime.harness import Run, filled, outputs
from tests.stream.runtime.memory import Crash, Faults, Faulty
from tests.stream.runtime.toy import ToyTask

TASK = ToyTask(partitions=2)
UNDISTURBED = filled(TASK)
Run(TASK, UNDISTURBED)()
EXPECTED = outputs(UNDISTURBED)
LETTERS = sorted(outputs(UNDISTURBED, "toy.dlq")[0])


def assert_as_undisturbed(transport):
    assert outputs(transport) == EXPECTED
    assert [r[1:] for r in LETTERS] != []
    assert sorted(r[2:] for r in outputs(transport, "toy.dlq")[0]) == sorted(r[2:] for r in LETTERS)


def test_the_undisturbed_run_is_what_the_task_says():
    assert sum(map(len, EXPECTED.values())) + len(LETTERS) == 300
    seen: dict[bytes, int] = {}
    for records in EXPECTED.values():
        for _, _, key, value, _ in records:
            seen[key] = seen.get(key, 0) + 1
            assert int(value.split()[2]) == seen[key]


sizes = {"batch_size": st.integers(1, 80), "snapshot_every": st.integers(1, 120)}


@given(**sizes)
@settings(max_examples=30)
def test_batches_and_snapshots_leave_no_trace(batch_size, snapshot_every):
    transport = filled(TASK)
    Run(TASK, transport, batch_size=batch_size, snapshot_every=snapshot_every)()
    assert_as_undisturbed(transport)


@given(points=st.lists(st.tuples(st.integers(1, 400), st.booleans()), max_size=5), **sizes)
@settings(max_examples=150)
def test_crashes_leave_no_trace(points, batch_size, snapshot_every):
    transport = filled(TASK)
    options = {"batch_size": batch_size, "snapshot_every": snapshot_every}
    for at, after in points:
        run = Run(TASK, Faulty(transport, Faults(at, after)), graceful=at % 2 == 0, **options)
        try:
            run()
        except Crash:
            pass
        assert run.metric("cutstream_replay_mismatch_total") == 0
    Run(TASK, transport, **options)()
    assert_as_undisturbed(transport)


def test_a_crash_at_every_single_call_leaves_no_trace():
    counting = Faults()
    Run(TASK, Faulty(filled(TASK), counting), batch_size=90)()
    for at in range(1, counting.calls + 1):
        for after in (False, True):
            transport = filled(TASK)
            with pytest.raises(Crash):
                Run(TASK, Faulty(transport, Faults(at, after)), batch_size=90)()
            Run(TASK, transport, batch_size=90)()
            assert_as_undisturbed(transport)
