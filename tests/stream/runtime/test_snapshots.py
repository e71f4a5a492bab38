from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import CorruptState, IncompatibleState
from stream.records import Record, TopicPartition
from stream.runtime.snapshots import (
    Snapshot,
    _checksum,
    decode_snapshot,
    encode_snapshot,
)

TP = TopicPartition("events", 3)


@given(st.binary(), st.binary(), st.integers(0, 2**62), st.integers(0, 2**64 - 1))
def test_a_snapshot_reads_back_as_it_was_written(entity, state, valid_at, audit):
    snapshot = Snapshot(entity, state, valid_at, audit)
    assert decode_snapshot(stored(snapshot)) == snapshot


def stored(snapshot):
    written = encode_snapshot(snapshot, "toy.snapshots", TP, 77)
    assert (written.topic, written.partition, written.timestamp) == ("toy.snapshots", 3, 77)
    return Record("toy.snapshots", 3, 9, 77, written.key, written.value, written.headers)


SNAPSHOT = stored(Snapshot(b"pump-7", b"state", 1234, 99))


def replaced(name, content):
    return tuple((n, content if n == name else c) for n, c in SNAPSHOT.headers)


@pytest.mark.parametrize(
    "damage",
    [
        {"value": b"stare"},
        {"value": None, "key": b"pump-8"},
        {"key": b"pump-8"},
        {"key": None},
        {"key": b"\x00\x01\x00\x00\x00\x01pump-7"},
        {"headers": (*SNAPSHOT.headers, ("chunks", b"2"))},
        {"headers": ()},
        {"headers": SNAPSHOT.headers[:-1]},
        {"headers": replaced("valid_at", b"1235")},
        {"headers": replaced("audit", b"0")},
        {"headers": replaced("input", b"other")},
    ],
)
def test_damage_anywhere_is_noticed(damage):
    with pytest.raises(CorruptState, match=r"toy.snapshots-3@9 must have"):
        decode_snapshot(SNAPSHOT._replace(**damage))


def test_a_sound_snapshot_of_another_format_is_not_called_corrupt():
    headers = tuple(pair for pair in replaced("format", b"2") if pair[0] != "crc32")
    checksum = b"%08x" % _checksum(b"pump-7", b"state", headers)
    record = SNAPSHOT._replace(headers=(*headers, ("crc32", checksum)))
    with pytest.raises(IncompatibleState, match="must be of format b'1', got b'2'"):
        decode_snapshot(record)
