"""Snapshots that are larger than one record may be."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.errors import CorruptState
from stream.errors import TransportError
from stream.records import Record, TopicPartition
from stream.runtime.chunks import chunk_count, join, parse_key, snapshot_key, split, whole
from stream.runtime.snapshots import Snapshot, decode_snapshot, encode_snapshot
from stream.transports.protocol import TopicSpec
from tests.stream.runtime.harness import Run, compacted, filled, outputs, replay_length
from tests.stream.runtime.memory import Crash, Faults, Faulty, MemoryTransport
from tests.stream.runtime.toy import LargeTask

TASK = LargeTask()
EVENTS = TopicPartition("events", 0)
SNAPSHOTS = TopicPartition("toy.snapshots", 0)
LIMIT = 60
"""Above what an output of the toy task needs, below most of its states."""
CORRUPT = "cutstream_corrupt_snapshots_total"
MISMATCH = "cutstream_replay_mismatch_total"


def undisturbed():
    transport = filled(TASK)
    Run(TASK, transport)()
    return outputs(transport)


EXPECTED = undisturbed()


@given(st.binary(), st.binary(), st.integers(0, 2**20), st.integers(0, 2**20))
def test_no_two_chunks_share_a_key(one, other, first, second):
    assert parse_key(snapshot_key(one, first)) == (one, first)
    keys = snapshot_key(one, first), snapshot_key(other, second)
    assert (keys[0] == keys[1]) == ((one, first) == (other, second))


@given(st.binary(min_size=1))
def test_an_entity_keeps_its_own_key_unless_it_could_be_mistaken(entity):
    key = snapshot_key(entity)
    assert key == (b"\x00\x00" + entity if entity[:1] == b"\x00" else entity)


@pytest.mark.parametrize("key", [b"\x00", b"\x00a", b"\x00\x01\x00\x00", b"\x00\x02abcdefg"])
def test_other_keys_say_nothing(key):
    assert parse_key(key) is None


def written(entity, state, limit):
    """A log whose snapshot topic holds one snapshot, and the records of it."""
    transport = MemoryTransport()
    transport.max_record_bytes = limit
    transport.ensure_topic(TopicSpec("toy.snapshots", 1))
    head = encode_snapshot(Snapshot(entity, state, 9, 7), "toy.snapshots", EVENTS, 1)
    records = split(head, entity, limit)
    transport.append(records)
    return transport, list(transport.read(SNAPSHOTS, 0))


@given(st.binary(min_size=1, max_size=10), st.binary(max_size=300), st.integers(17, 120))
def test_a_snapshot_is_put_together_again(entity, state, limit):
    transport, records = written(entity, state, limit)
    assert chunk_count(records[-1]) == len(records)
    assert len({record.key for record in records}) == len(records)
    assert decode_snapshot(whole(transport, records[-1])) == (entity, state, 9, 7)


def test_a_snapshot_that_fits_is_one_record_as_ever():
    head = encode_snapshot(Snapshot(b"k", b"state", 9, 7), "toy.snapshots", EVENTS, 1)
    assert split(head, b"k", None) == split(head, b"k", 6) == [head]
    large = encode_snapshot(Snapshot(b"k", bytes(20), 9, 7), "toy.snapshots", EVENTS, 1)
    assert len(split(large, b"k", 21)) == 1
    assert len(split(large, b"k", 20)) == 2


def test_a_log_without_room_for_a_key_is_named():
    head = encode_snapshot(Snapshot(b"entity", b"state", 9, 7), "toy.snapshots", EVENTS, 1)
    with pytest.raises(TransportError, match=r"records of more than \d+ bytes.* got a limit of 10"):
        split(head, b"entity", 10)


def test_a_missing_or_foreign_chunk_is_damage():
    _, records = written(b"k", bytes(range(90)), 40)
    _, others = written(b"k", bytes(range(1, 91)), 40)
    *_, head = records
    numbered = {at + 1: record for at, record in enumerate(records[:-1])}
    assert len(numbered) == 2
    for chunks in (
        {},
        {1: numbered[1]},
        {1: numbered[1], 2: others[1]},
        {1: numbered[1], 2: numbered[2]._replace(value=None)},
    ):
        assert join(head, chunks) is head
        with pytest.raises(CorruptState, match="must have all of its b'3' chunks"):
            decode_snapshot(head)
    swapped = {1: numbered[2], 2: numbered[1]}
    with pytest.raises(CorruptState, match="checksum"):
        decode_snapshot(join(head, swapped))


def test_records_of_others_in_between_do_not_matter():
    transport, records = written(b"k", bytes(200), 40)
    log = transport.logs[SNAPSHOTS]
    noise = [Record("toy.snapshots", 0, 0, 1, b"n%d" % at, b"", ()) for at in range(100)]
    log[:] = [r._replace(offset=at) for at, r in enumerate([records[0], *noise, *records[1:]])]
    assert decode_snapshot(whole(transport, log[-1])).state == bytes(200)


sizes = {"batch_size": st.integers(1, 80), "snapshot_every": st.integers(1, 120)}


@pytest.mark.parametrize("kept", [None, 2, 1])
@given(
    points=st.lists(st.tuples(st.integers(1, 300), st.booleans()), min_size=1, max_size=5),
    graceful=st.booleans(),
    limits=st.lists(st.sampled_from([None, 60, 70, 100]), min_size=5, max_size=5),
    **sizes,
)
@settings(max_examples=40)
def test_crashes_and_compaction_leave_no_trace(
    kept, points, graceful, limits, batch_size, snapshot_every
):
    transport = filled(TASK)
    options = {"batch_size": batch_size, "snapshot_every": snapshot_every}
    for (at, after), limit in zip(points, limits, strict=False):
        transport.max_record_bytes = limit
        run = Run(TASK, Faulty(transport, Faults(at, after)), graceful=graceful, **options)
        with suppress(Crash):
            run()
        assert run.metric(MISMATCH) == 0
        assert run.metric(CORRUPT) == 0
        assert replay_length(transport, TASK) <= 2 * snapshot_every
        if kept:
            compacted(transport, newest=kept)
    assert Run(TASK, transport, **options)().metric(CORRUPT) == 0
    assert outputs(transport) == EXPECTED


def live_chunks(transport):
    """By entity, the numbers of its chunks that are not deleted, and how many its head asks for."""
    values = {record.key: record for record in transport.read(SNAPSHOTS, 0)}
    live, asked = {}, {}
    for key, record in values.items():
        if record.value is not None:
            live.setdefault(parse_key(key).entity, set()).add(parse_key(key).chunk)
        if not parse_key(key).chunk:
            asked[parse_key(key).entity] = 0 if record.value is None else chunk_count(record)
    return live, asked


@pytest.mark.parametrize("restarts", [False, True])
def test_no_chunk_outlives_its_snapshot(restarts):
    transport = filled(TASK, limit=LIMIT)
    for _ in range(20 if restarts else 1):
        Run(TASK, transport, polls=3 if restarts else 10**9, batch_size=20, snapshot_every=20)()
        live, asked = live_chunks(transport)
        assert {entity: set(range(count)) for entity, count in asked.items()} == live
    assert max(asked.values()) > 1
    assert outputs(transport) == EXPECTED


@pytest.fixture
def transport():
    """A log in the middle of its events, left without the last snapshots."""
    transport = filled(TASK, limit=LIMIT)
    Run(TASK, transport, polls=5, graceful=False)()
    assert replay_length(transport, TASK) > 0
    return transport


@pytest.mark.parametrize("kept", [None, 1])
@pytest.mark.parametrize("damage", ["lost", "changed"])
def test_a_damaged_chunk_lets_the_snapshot_before_take_its_place(transport, kept, damage):
    log = transport.logs[SNAPSHOTS]
    if kept:
        compacted(transport, newest=kept)
    at = max(at for at, record in enumerate(log) if parse_key(record.key).chunk)
    if damage == "lost":
        del log[at]
    else:
        log[at] = log[at]._replace(value=b"?" + log[at].value[1:])
    before = replay_length(transport, TASK)
    run = Run(TASK, transport)()
    assert run.metric(CORRUPT) == 1
    assert run.metric(MISMATCH) == 0
    replayed = run.metric("cutstream_replayed_records_total")
    assert replayed == 200 if kept else replayed >= before
    assert outputs(transport) == EXPECTED


def test_what_is_counted_are_states_and_bytes(transport):
    run = Run(TASK, transport)()
    heads = sum(not parse_key(record.key).chunk for record in transport.logs[SNAPSHOTS])
    total = sum(len(record.value or b"") for record in transport.logs[SNAPSHOTS])
    assert 0 < run.metric("cutstream_snapshots_written_total") < heads
    assert 0 < run.metric("cutstream_snapshot_bytes_total") < total
