"""What a new owner makes of snapshots and records, sound or not."""

from __future__ import annotations

import json

import pytest
from structlog.testing import capture_logs

from models.errors import IncompatibleState
from stream.errors import RecoveryError
from stream.records import Committed, Record, TopicPartition
from stream.runtime.snapshots import Snapshot, decode_snapshot, encode_snapshot
from tests.stream.runtime.harness import Run, filled, outputs, replay_length
from tests.stream.runtime.toy import LAYOUT, ToyTask, WaywardState, WaywardTask

TASK = ToyTask()
EVENTS = TopicPartition("events", 0)
SNAPSHOTS = TopicPartition("toy.snapshots", 0)
CORRUPT = "cutstream_corrupt_snapshots_total"
MISMATCH = "cutstream_replay_mismatch_total"
REPLAYED = "cutstream_replayed_records_total"


@pytest.fixture(scope="module")
def expected():
    transport = filled(TASK)
    Run(TASK, transport)()
    return outputs(transport)


@pytest.fixture
def transport():
    """A log in the middle of its events, left without the last snapshots."""
    transport = filled(TASK)
    Run(TASK, transport, polls=5, graceful=False)()
    assert 0 < replay_length(transport, TASK) < 200
    return transport


def newest(transport):
    """The newest snapshot of each entity: key -> offset in the snapshot topic."""
    return {record.key: record.offset for record in transport.read(SNAPSHOTS, 0)}


def damage(record: Record) -> Record:
    assert record.value is not None
    return record._replace(value=record.value[:-1] + bytes([record.value[-1] ^ 1]))


def test_a_corrupt_snapshot_gives_way_to_the_one_before(transport, expected):
    log = transport.logs[SNAPSHOTS]
    offset = max(newest(transport).values())
    older = [r for r in log[:offset] if r.key == log[offset].key]
    assert older
    before = replay_length(transport, TASK)
    log[offset] = damage(log[offset])
    run = Run(TASK, transport)
    with capture_logs() as logs:
        run()
    assert run.metric(CORRUPT) == 1
    committed = 200
    assert run.metric(REPLAYED) == committed - decode_snapshot(older[-1]).valid_at > before
    (refusal,) = [entry for entry in logs if entry["event"] == "snapshot_refused"]
    assert (refusal["task"], refusal["offset"]) == ("toy", offset)
    assert run.metric(MISMATCH) == 0
    assert outputs(transport) == expected


def test_corrupt_snapshots_of_every_age_are_passed_over(transport, expected):
    log = transport.logs[SNAPSHOTS]
    log[:] = [damage(record) for record in log]
    entities = len(newest(transport))
    run = Run(TASK, transport)()
    assert run.metric(CORRUPT) == entities
    assert run.metric(REPLAYED) == 200
    assert run.metric(MISMATCH) == 0
    assert outputs(transport) == expected


def test_two_refused_in_a_row_give_way_to_the_third(transport, expected):
    log = transport.logs[SNAPSHOTS]
    key = max(newest(transport), key=lambda key: sum(r.key == key for r in log))
    ours = [at for at, record in enumerate(log) if record.key == key]
    assert len(ours) >= 3
    for at in ours[-2:]:
        log[at] = damage(log[at])
    third = decode_snapshot(log[ours[-3]]).valid_at
    run = Run(TASK, transport)()
    assert run.metric(REPLAYED) == 200 - third
    assert run.metric(MISMATCH) == 0
    assert outputs(transport) == expected


def test_a_log_that_no_longer_holds_the_replay_stops_the_start(transport):
    transport.first[EVENTS] = 199
    run = Run(TASK, transport)
    with pytest.raises(RecoveryError, match=r"needs events-0 from offset \d+, but the log begins"):
        run()
    assert "delete the group's offsets and the snapshot topic 'toy.snapshots'" in str(
        run.runner.status().error
    )


def test_a_log_that_begins_where_the_replay_does_is_enough(transport, expected):
    transport.first[EVENTS] = 200 - replay_length(transport, TASK)
    Run(TASK, transport)()
    assert outputs(transport) == expected


def test_records_deleted_before_they_were_read_are_told_of(transport):
    Run(TASK, transport, polls=2)()
    transport.first[EVENTS] = 290
    with capture_logs() as logs:
        Run(TASK, transport)()
    (warning,) = [entry for entry in logs if entry["event"] == "records_lost_to_retention"]
    assert warning["first_kept"] == 290


def test_an_offset_moved_back_is_refused(transport):
    offsets = transport.groups["cutstream.toy"].offsets
    offsets[EVENTS] = offsets[EVENTS]._replace(offset=offsets[EVENTS].offset - 150)
    with pytest.raises(RecoveryError, match="Somebody else has moved the offset"):
        Run(TASK, transport)()


def test_a_snapshot_ahead_of_the_commit_is_refused(transport):
    del transport.groups["cutstream.toy"].offsets[EVENTS]
    with pytest.raises(RecoveryError, match="must be valid at or below the committed offset 0"):
        Run(TASK, transport)()


def test_a_commit_without_our_metadata_is_refused(transport):
    transport.groups["cutstream.toy"].offsets[EVENTS] = Committed(100)
    with pytest.raises(RecoveryError, match="must be JSON with"):
        Run(TASK, transport)()


def test_a_state_of_another_version_stops_the_start_with_its_sentence(transport):
    body = LAYOUT.pack(2, 1, 1)
    from struct import pack
    from zlib import crc32

    state = body + pack("<I", crc32(body))
    transport.append([encode_snapshot(Snapshot(b"k1", state, 1, 0), "toy.snapshots", EVENTS, 0)])
    with pytest.raises(IncompatibleState, match="must be of version 1, got 2"):
        Run(TASK, transport)()


def test_a_deleted_state_is_not_loaded(transport):
    transport.append([encode_snapshot(Snapshot(b"ghost", b"?", 1, 0), "toy.snapshots", EVENTS, 0)])
    ghost = transport.logs[SNAPSHOTS][-1]
    transport.logs[SNAPSHOTS].append(ghost._replace(offset=ghost.offset + 1, value=None))
    run = Run(TASK, transport)()
    assert run.metric(CORRUPT) == 0


def test_a_task_that_is_not_deterministic_raises_the_alarm():
    task = WaywardTask()
    transport = filled(task)
    Run(task, transport, polls=5, graceful=False)()
    WaywardState.noise += 1
    run = Run(task, transport)
    with capture_logs() as logs:
        run()
    assert run.metric(MISMATCH) == 1
    (alarm,) = [entry for entry in logs if entry["event"] == "replay_mismatch"]
    assert (alarm["task"], alarm["topic"], alarm["partition"]) == ("toy", "events", 0)
    assert alarm["log_level"] == "error"
    assert sum(map(len, outputs(transport).values())) > 0
    assert run.runner.status().phase == "stopped"


def test_without_a_replay_there_is_no_alarm():
    task = WaywardTask()
    transport = filled(task)
    Run(task, transport, polls=5)()
    WaywardState.noise += 1
    run = Run(task, transport)()
    assert run.metric(MISMATCH) == 0


def test_a_long_restore_that_moves_on_is_not_stuck(transport):
    run = Run(TASK, transport, batch_size=1, stall_timeout=100.0)
    beats = []
    read = transport.read

    def slow(tp, start, stop=None):
        for record in read(tp, start, stop):
            (session,) = transport.groups["cutstream.toy"].members.values()
            before = session.heartbeats
            run.runner.heartbeat()
            beats.append(session.heartbeats - before)
            # As if each record had taken more than half of what a stuck batch may take.
            run.runner._turn_began -= 60.0
            yield record

    transport.read = slow
    session = run.runner._join()
    run.runner._turn(session)
    assert len(beats) > 50
    assert set(beats) == {1}


def test_a_stop_in_the_middle_of_a_replay_gives_it_up(transport, expected):
    run = Run(TASK, transport, batch_size=1)
    read = transport.read

    def stop_while_reading(tp, start, stop=None):
        for record in read(tp, start, stop):
            if tp == EVENTS:
                run.stop.set()
            yield record

    transport.read = stop_while_reading
    run()
    assert run.runner.status().phase == "stopped"
    transport.read = read
    Run(TASK, transport)()
    assert outputs(transport) == expected


def test_another_configuration_is_told_and_is_no_mismatch():
    task = WaywardTask()
    transport = filled(task)
    Run(task, transport, polls=5, graceful=False)()
    task.configuration = "2"
    WaywardState.noise += 1
    with capture_logs() as logs:
        run = Run(task, transport, polls=2, graceful=False)()
    assert run.metric(MISMATCH) == 0
    (told,) = [entry for entry in logs if entry["event"] == "configuration_changed"]
    assert (told["task"], told["committed"], told["log_level"]) == ("toy", 200, "info")
    # The next commit is of the new one, so what comes after it is compared again.
    WaywardState.noise += 1
    assert Run(task, transport)().metric(MISMATCH) == 1


def test_a_change_of_configuration_is_told_though_the_outputs_are_the_same(transport):
    task = ToyTask()
    task.configuration = "2"
    with capture_logs() as logs:
        run = Run(task, transport)()
    assert run.metric(MISMATCH) == 0
    assert "configuration_changed" in [entry["event"] for entry in logs]


def test_a_commit_that_names_no_configuration_is_compared(transport, expected):
    committed = transport.groups["cutstream.toy"].offsets[EVENTS]
    old = json.loads(committed.metadata)
    del old["config"]
    old["v"] = 1
    transport.groups["cutstream.toy"].offsets[EVENTS] = committed._replace(metadata=json.dumps(old))
    with capture_logs() as logs:
        run = Run(TASK, transport)()
    assert run.metric(MISMATCH) == 0
    assert not any(entry["event"] == "configuration_changed" for entry in logs)
    assert outputs(transport) == expected
