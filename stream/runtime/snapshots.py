"""How an entity's state lies in the snapshot topic."""

from __future__ import annotations

from hashlib import blake2b
from typing import NamedTuple
from zlib import crc32

from models.errors import CorruptState, IncompatibleState
from stream.records import Headers, Outgoing, Record, TopicPartition
from stream.runtime.chunks import CHECKSUMS, CHUNKS, checksum_text, parse_key, snapshot_key

FORMAT = b"2"
"""What is written; see `CHECKSUMS` for what is read."""


class Snapshot(NamedTuple):
    """One entity's state, and what it stands for."""

    entity: bytes
    state: bytes | None
    """None: it has been forgotten, and has none."""
    valid_at: int
    """It holds every record of its partition below this offset."""
    audit: int
    """The sum of the hashes of the entity's outputs since it began, or was last forgotten."""


def encode_snapshot(
    snapshot: Snapshot, topic: str, tp: TopicPartition, timestamp: int | None
) -> Outgoing:
    """The record that keeps a snapshot: in the partition of the input, under the entity's key.

    Without a state, its value is null, and compaction removes what was kept before.
    """
    headers: Headers = (
        ("format", FORMAT),
        ("input", tp.topic.encode()),
        ("valid_at", b"%d" % snapshot.valid_at),
        ("audit", b"%016x" % snapshot.audit),
    )
    checksum = (CHECKSUMS[FORMAT], _checksum(FORMAT, snapshot.entity, snapshot.state, headers))
    key = snapshot_key(snapshot.entity)
    return Outgoing(topic, key, snapshot.state, (*headers, checksum), timestamp, tp.partition)


def decode_snapshot(record: Record) -> Snapshot:
    """Read a snapshot back, once its chunks are put together.

    Raises CorruptState, IncompatibleState.
    """
    where = f"The snapshot at {record.topic}-{record.partition}@{record.offset}"
    key = None if record.key is None else parse_key(record.key)
    if key is None or key.chunk:
        raise CorruptState(f"{where} must have the key of an entity, got {record.key!r}.")
    fields = dict(record.headers)
    if CHUNKS in fields:
        raise CorruptState(f"{where} must have all of its {fields[CHUNKS]!r} chunks, got fewer.")
    # A later format is taken to be checked as this one is: damaged ones are told from foreign ones.
    told = fields.get("format")
    style = told if told in CHECKSUMS else FORMAT
    name = CHECKSUMS[style]
    headers = tuple(pair for pair in record.headers if pair[0] != name)
    expected = _checksum(style, key.entity, record.value, headers)
    if fields.get(name) != expected:
        raise CorruptState(
            f"{where} must have the checksum {expected!r}, got {fields.get(name)!r}."
        )
    if told not in CHECKSUMS:
        raise IncompatibleState(
            f"{where} must be of format {' or '.join(map(repr, CHECKSUMS))}, got {told!r}. "
            "Run the release that wrote it, or a newer one."
        )
    return Snapshot(key.entity, record.value, int(fields["valid_at"]), int(fields["audit"], 16))


def checksum_of(headers: Headers) -> int | None:
    """What a snapshot's headers say its checksum is; None where they do not."""
    return hexadecimal(checksum_text(headers))


def hexadecimal(text: bytes | None) -> int | None:
    """The number that digits stand for; None where they are none."""
    try:
        return int(text or b"", 16)
    except ValueError:
        return None


def _checksum(style: bytes, entity: bytes, state: bytes | None, headers: Headers) -> bytes:
    """In hexadecimal digits. A CRC-32 is the same for all states of a length that end in their own."""
    about = repr((entity, headers)).encode()
    if style == b"1":
        return b"%08x" % crc32(state or b"", crc32(about))
    digest = blake2b(about, digest_size=8)
    digest.update(state or b"")
    return digest.hexdigest().encode()
