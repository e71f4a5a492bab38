"""What a new owner makes of a checkpoint that is not as it was written: nothing, and it says so."""

from __future__ import annotations

import json
from zlib import crc32

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from models.errors import IncompatibleState
from stream.errors import RecoveryError
from stream.records import Committed, Record, TopicPartition
from stream.runtime.checkpoints import Checkpoints
from stream.runtime.chunks import SNAPSHOT, parse_key, snapshot_key, whole
from stream.runtime.manifest import Version, decode_manifest, encode_manifest
from stream.runtime.snapshot_writer import SnapshotWriter
from stream.runtime.snapshots import checksum_of, decode_snapshot, encode_snapshot
from stream.tasks.protocol import Piece
from tests.stream.runtime.harness import Run, compacted, filled, outputs
from tests.stream.runtime.memory import MemoryTransport
from tests.stream.runtime.shared_toy import SharedToyTask, sealed

TASK = SharedToyTask()
EVENTS = TopicPartition("events", 0)
SNAPSHOTS = TopicPartition("toy.snapshots", 0)
GROUP = "cutstream.toy"
CORRUPT = "cutstream_corrupt_snapshots_total"
MISMATCH = "cutstream_replay_mismatch_total"
REPLAYED = "cutstream_replayed_records_total"


def in_the_middle(limit: int | None = None, polls: int = 5) -> MemoryTransport:
    """A log in the middle of its events, left without a last checkpoint."""
    transport = filled(TASK, nulls=0.1, limit=limit)
    Run(TASK, transport, polls=polls, graceful=False)()
    assert transport.groups[GROUP].offsets[EVENTS].offset == 50 * (polls - 1)
    return transport


@pytest.fixture(scope="module", name="expected")
def undisturbed() -> object:
    transport = filled(TASK, nulls=0.1)
    Run(TASK, transport)()
    return outputs(transport)


def offset_of(transport: MemoryTransport, entity: bytes, chunk: int = 0) -> int:
    key = snapshot_key(entity, chunk)
    return next(r.offset for r in reversed(transport.logs[SNAPSHOTS]) if r.key == key)


def flipped(record: Record, at: int) -> Record:
    value = bytearray(record.value or b"")
    value[at % len(value)] ^= 1
    return record._replace(value=bytes(value))


def check_started_from_nothing(transport: MemoryTransport, expected: object) -> None:
    committed = transport.groups[GROUP].offsets[EVENTS].offset
    run = Run(TASK, transport)
    with capture_logs() as logs:
        run()
    (refused,) = [entry for entry in logs if entry["event"] == "checkpoint_refused"]
    assert refused["consequence"] == "everything is replayed from offset 0 on"
    assert run.metric(CORRUPT) == 1
    assert run.metric(REPLAYED) == committed
    assert run.metric(MISMATCH) == 0
    assert outputs(transport) == expected
    # What it wrote since can be used, and nothing of the damaged one is left.
    compacted(transport)
    again = Run(TASK, transport)()
    assert (again.metric(CORRUPT), again.metric(REPLAYED)) == (0, 0)
    kept = {parse_key(r.key or b"") for r in transport.logs[SNAPSHOTS]}
    head = decode_snapshot(whole(transport, transport.logs[SNAPSHOTS][-1]))
    assert {key.entity for key in kept if key} == {b"", *decode_manifest(head.state or b"")}


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_a_damaged_record_of_the_checkpoint_is_the_end_of_all_of_it(
    expected: object, data: st.DataObject
) -> None:
    transport = in_the_middle(limit=data.draw(st.sampled_from([None, 120])))
    compacted(transport)
    log = transport.logs[SNAPSHOTS]
    place = data.draw(st.integers(0, len(log) - 1))
    if data.draw(st.booleans()):
        log[place] = flipped(log[place], data.draw(st.integers(0, 200)))
    else:
        del log[place]
    check_started_from_nothing(transport, expected)


def test_a_piece_of_another_checkpoint_is_not_taken_for_one_of_this(expected: object) -> None:
    # An older version that is sound in itself, as compaction or a partly restored backup leave it.
    transport = in_the_middle()
    log = transport.logs[SNAPSHOTS]
    name = next(
        key.entity
        for key in (parse_key(record.key or b"") for record in log)
        if key and key.entity == b"sums"
    )
    versions = [r.offset for r in log if r.key == snapshot_key(name)]
    assert len(versions) > 1
    newest = versions[-1]
    log[newest] = log[versions[0]]._replace(offset=newest)
    decode_snapshot(log[newest])
    check_started_from_nothing(transport, expected)


def test_a_chunk_of_another_version_is_not_taken_for_one_of_this(expected: object) -> None:
    transport = in_the_middle(limit=60)
    log = transport.logs[SNAPSHOTS]
    at = next(r.offset for r in reversed(log) if (k := parse_key(r.key or b"")) and k.chunk)
    log[at] = log[at]._replace(headers=((SNAPSHOT, b"00000000"),))
    check_started_from_nothing(transport, expected)


def test_an_older_checkpoint_than_the_committed_one_is_refused(expected: object) -> None:
    transport = in_the_middle()
    log = transport.logs[SNAPSHOTS]
    heads = [r.offset for r in log if r.key == snapshot_key(b"")]
    assert len(heads) > 1
    del log[heads[-2] + 1 :]
    check_started_from_nothing(transport, expected)


def test_no_checkpoint_at_all_is_noticed(expected: object) -> None:
    transport = in_the_middle()
    transport.logs[SNAPSHOTS].clear()
    check_started_from_nothing(transport, expected)


def test_pieces_that_do_not_go_together_by_their_own_account_are_refused(expected: object) -> None:
    transport = in_the_middle()
    log = transport.logs[SNAPSHOTS]
    head = decode_snapshot(log[-1])
    pieces = decode_manifest(head.state or b"")
    del pieces[b"sums"]
    lacking = head._replace(state=encode_manifest(pieces))
    written = encode_snapshot(lacking, SNAPSHOTS.topic, EVENTS, 0)
    log[-1] = log[-1]._replace(value=written.value, headers=written.headers)
    check_started_from_nothing(transport, expected)


def test_a_manifest_that_is_none_is_refused(expected: object) -> None:
    transport = in_the_middle()
    log = transport.logs[SNAPSHOTS]
    head = decode_snapshot(log[-1])._replace(state=b"\x93")
    written = encode_snapshot(head, SNAPSHOTS.topic, EVENTS, 0)
    log[-1] = log[-1]._replace(value=written.value, headers=written.headers)
    check_started_from_nothing(transport, expected)


def test_without_the_beginning_of_the_log_a_sentence_says_what_to_do() -> None:
    transport = in_the_middle()
    at = offset_of(transport, b"sums")
    transport.logs[SNAPSHOTS][at] = flipped(transport.logs[SNAPSHOTS][at], 9)
    transport.first[EVENTS] = 3
    with pytest.raises(RecoveryError) as caught:
        Run(TASK, transport)()
    message = str(caught.value)
    assert "toy.snapshots-0@" in message
    assert "needs events-0 from offset 0, but the log begins at 3." in message
    assert "Put the snapshot topic back as it was; or, to start afresh with empty state" in message
    assert "delete the group's offsets and the snapshot topic 'toy.snapshots'" in message


def test_what_the_task_never_saw_is_not_needed() -> None:
    transport = filled(TASK, nulls=0.1)
    transport.first[EVENTS] = 20
    calm = filled(TASK, nulls=0.1)
    calm.first[EVENTS] = 20
    Run(TASK, calm)()
    Run(TASK, transport, polls=5, graceful=False)()
    transport.logs[SNAPSHOTS].pop()
    run = Run(TASK, transport)()
    assert (run.metric(CORRUPT), run.metric(MISMATCH)) == (1, 0)
    assert outputs(transport) == outputs(calm)


def test_a_moved_offset_is_refused_with_a_sentence() -> None:
    transport = in_the_middle()
    offsets = transport.groups[GROUP].offsets
    del offsets[EVENTS]
    with pytest.raises(RecoveryError, match="moved the offset of this group: move it back"):
        Run(TASK, transport)()
    fields = {"v": 2, "replay_from": 10, "audit": "0", "config": "1", "began": 0}
    offsets[EVENTS] = Committed(20, json.dumps(fields))
    with pytest.raises(RecoveryError, match="moved the offset of this group: move it back"):
        Run(TASK, transport)()


def test_a_piece_of_another_release_stops_the_start() -> None:
    transport = in_the_middle()
    log = transport.logs[SNAPSHOTS]
    at = offset_of(transport, b"sums")
    body = json.dumps([7, [1, 2, 3]]).encode()
    piece = b"%08x" % crc32(body) + body
    assert sealed([1]) != piece
    head = decode_snapshot(log[-1])
    old = decode_snapshot(log[at])
    written = encode_snapshot(old._replace(state=piece), SNAPSHOTS.topic, EVENTS, 0)
    log[at] = log[at]._replace(value=written.value, headers=written.headers)
    pieces = decode_manifest(head.state or b"")
    checksum = checksum_of(written.headers)
    assert checksum is not None
    pieces[b"sums"] = Version(old.valid_at, checksum)
    manifest = encode_snapshot(
        head._replace(state=encode_manifest(pieces)), SNAPSHOTS.topic, EVENTS, 0
    )
    log[-1] = log[-1]._replace(value=manifest.value, headers=manifest.headers)
    with pytest.raises(IncompatibleState, match="must be of version 1, got 7"):
        Run(TASK, transport)()


@given(
    st.dictionaries(
        st.binary(min_size=1), st.builds(Version, st.integers(0, 2**62), st.integers(0, 2**64 - 1))
    )
)
def test_a_manifest_reads_back_as_it_was_written(pieces: dict[bytes, Version]) -> None:
    assert decode_manifest(encode_manifest(pieces)) == pieces


def test_a_manifest_of_another_format_is_refused() -> None:
    with pytest.raises(IncompatibleState, match="of format 1, got 2"):
        decode_manifest(b"\x92\x02\x90")


def test_the_whole_is_nobodys_name() -> None:
    checkpoints = Checkpoints(SnapshotWriter("toy.snapshots", EVENTS, None))
    with pytest.raises(ValueError, match="a name that is not empty"):
        checkpoints.records([Piece(b"", b"x")], 1, 0, None)
