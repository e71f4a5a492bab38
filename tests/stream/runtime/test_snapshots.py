from __future__ import annotations

from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import CorruptState, IncompatibleState
from stream.records import Record, TopicPartition
from stream.runtime.chunks import CHECKSUMS
from stream.runtime.snapshots import (
    FORMAT,
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


def sealed(style, headers):
    name = CHECKSUMS.get(style, CHECKSUMS[FORMAT])
    known = style if style in CHECKSUMS else FORMAT
    kept = (("format", style), *(pair for pair in headers if pair[0] not in ("format", name)))
    return (*kept, (name, _checksum(known, b"pump-7", b"state", kept)))


def test_a_sound_snapshot_of_another_format_is_not_called_corrupt():
    record = SNAPSHOT._replace(headers=sealed(b"3", SNAPSHOT.headers))
    with pytest.raises(IncompatibleState, match="must be of format b'1' or b'2', got b'3'"):
        decode_snapshot(record)


FIRST = (
    ("format", b"1"),
    ("input", b"events"),
    ("valid_at", b"1234"),
    ("audit", b"0000000000000063"),
    ("crc32", b"e7754ba5"),
)
"""The headers of a snapshot as the first format had them."""


def test_a_snapshot_of_the_first_format_is_read():
    record = SNAPSHOT._replace(headers=FIRST)
    assert decode_snapshot(record) == Snapshot(b"pump-7", b"state", 1234, 99)
    with pytest.raises(CorruptState, match="must have the checksum"):
        decode_snapshot(record._replace(value=b"stare"))


def test_states_that_end_in_their_own_crc_are_told_apart():
    first, second = (body + crc32(body).to_bytes(4, "little") for body in (b"one", b"two"))
    record = stored(Snapshot(b"pump-7", first, 1234, 99))
    with pytest.raises(CorruptState, match="must have the checksum"):
        decode_snapshot(record._replace(value=second))
