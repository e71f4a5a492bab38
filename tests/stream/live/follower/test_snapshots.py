"""Snapshots and commits that a follower cannot use."""

from __future__ import annotations

import struct
from zlib import crc32

from stream.live import replica as replica_module
from stream.records import Committed
from stream.runtime.snapshots import Snapshot, encode_snapshot
from tests.stream.live.follower.followers import EVENTS, SNAPSHOTS, check, make, settled
from tests.stream.runtime.harness import Run, filled
from tests.stream.runtime.toy import ToyTask


def test_corrupt_snapshots_are_passed_over() -> None:
    task = ToyTask()
    transport = filled(task)
    Run(task, transport, polls=4)()
    log = transport.logs[SNAPSHOTS]
    log[:] = [record._replace(value=b"?" + (record.value or b"")) for record in log]
    follower = settled(make(task, transport))
    assert follower.held()[EVENTS].offset == 300
    check(task, transport, follower)


def test_a_snapshot_of_another_version_is_told_and_tried_again(monkeypatch) -> None:
    task = ToyTask()
    transport = filled(task)
    Run(task, transport, polls=4)()
    whole = list(transport.logs[SNAPSHOTS])
    foreign = b"\x02\x00" + bytes(12)
    state = foreign + struct.pack("<I", crc32(foreign))
    outgoing = encode_snapshot(Snapshot(b"k1", state, 1, 0), SNAPSHOTS.topic, EVENTS, 1)
    transport.append([outgoing])
    follower = make(task, transport)
    follower.refresh()
    assert "must be of version 1, got 2" in str(follower.status().partitions[0].problem)
    transport.logs[SNAPSHOTS] = whole
    monkeypatch.setattr(replica_module, "monotonic", lambda: 1e12)
    settled(follower)
    check(task, transport, follower)


def test_snapshots_without_any_commit_are_used() -> None:
    task = ToyTask()
    transport = filled(task)
    Run(task, transport, polls=4, graceful=False)()
    transport.groups.clear()
    follower = settled(make(task, transport))
    check(task, transport, follower)


def test_an_offset_that_somebody_else_wrote_is_told() -> None:
    task = ToyTask()
    transport = filled(task)
    Run(task, transport, polls=2)()
    transport.groups["cutstream.toy"].offsets[EVENTS] = Committed(5, "")
    follower = make(task, transport)
    follower.refresh()
    assert "commit metadata" in str(follower.status().partitions[0].problem)
