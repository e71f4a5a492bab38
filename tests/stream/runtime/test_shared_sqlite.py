"""Shared states on the SQLite log: pieces of megabytes, and whatever happens to their owner."""

from __future__ import annotations

from contextlib import closing, suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream.live.follower import Follower
from stream.records import TopicPartition
from stream.runtime.options import RunnerOptions
from stream.transports import connect
from tests.stream.runtime.harness import Run, events, filled, outputs
from tests.stream.runtime.memory import Crash, Faults, Faulty
from tests.stream.runtime.shared_toy import SharedToyState, SharedToyTask

SNAPSHOTS = TopicPartition("toy.snapshots", 0)


def expected() -> object:
    transport = filled(SharedToyTask(), nulls=0.1)
    Run(SharedToyTask(), transport)()
    return outputs(transport)


EXPECTED = expected()


@given(
    points=st.lists(st.tuples(st.integers(1, 120), st.booleans()), min_size=1, max_size=4),
    snapshot_every=st.integers(1, 120),
)
@settings(max_examples=10, deadline=None)
def test_a_crash_anywhere_leaves_no_trace(
    tmp_path_factory: pytest.TempPathFactory, points: list[tuple[int, bool]], snapshot_every: int
) -> None:
    path = tmp_path_factory.mktemp("log") / "log.db"
    task = SharedToyTask()
    now = 10**12
    with closing(connect(f"sqlite:///{path}")) as transport:
        for spec in task.topics:
            transport.ensure_topic(spec)
        transport.append(events(300, 7, nulls=0.1))
        for at, after in points:
            faulty = Faulty(transport, Faults(at, after))
            with suppress(Crash):
                Run(task, faulty, polls=4, snapshot_every=snapshot_every)()  # type: ignore[arg-type]  # a stand-in
            transport.apply_retention(now)
        last = Run(task, transport, snapshot_every=snapshot_every)()
        assert outputs(transport) == EXPECTED
        assert last.metric("cutstream_replay_mismatch_total") == 0
        assert last.metric("cutstream_corrupt_snapshots_total") == 0


def test_pieces_of_megabytes_are_saved_followed_and_restored(tmp_path: Path) -> None:
    task = SharedToyTask(padding=3 << 20)
    with closing(connect(f"sqlite:///{tmp_path / 'log.db'}")) as transport:
        for spec in task.topics:
            transport.ensure_topic(spec)
        transport.append(events(300, 7, nulls=0.1))
        Run(task, transport, polls=5, graceful=False)()
        assert sum(len(r.value or b"") for r in transport.read(SNAPSHOTS, 0)) > 6 << 20
        transport.apply_retention(10**12)
        follower = Follower(task, transport, RunnerOptions())
        while follower.refresh():
            pass
        (owned,) = follower.held().values()
        run = Run(task, transport)()
        (mine,) = run.runner.held().values()
        assert outputs(transport) == EXPECTED
        for state in (owned.state, mine.state):
            assert isinstance(state, SharedToyState)
            assert (state.total, len(state.rows)) == (mine.state.total, 7)  # type: ignore[attr-defined]  # a toy
