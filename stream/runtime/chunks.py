"""Snapshots that are larger than one record may be: their chunks, and the keys of these.

A snapshot in n chunks is n records of one transaction: chunks 1 to n - 1 under keys of their own,
then chunk 0, the head, under the key of its entity. The head says how many there are; every chunk
says which snapshot it belongs to. So the newest record of every key is all that compaction has to
keep, and what it has left of older snapshots is recognised as incomplete.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from stream.errors import TransportError
from stream.records import Headers, Outgoing, Record, TopicPartition
from stream.transports.protocol import Transport

CHUNKS = "chunks"
"""The header of a head that says how many chunks there are, itself included."""
CHECKSUMS = {b"1": "crc32", b"2": "blake2b"}
"""The header of a snapshot with its checksum, by the format that it is of."""
SNAPSHOT = "snapshot"
"""The header of the other chunks that says to which checksum of a snapshot they belong."""
# An entity that begins with a zero byte is escaped, so no entity's key is the key of a chunk; so is
# the empty one, for not every broker tells an empty key from none.
_ESCAPED = b"\x00\x00"
_CHUNK = b"\x00\x01"
_DIGITS = 4


def checksum_text(headers: Headers) -> bytes | None:
    """What a snapshot's headers say its checksum is, in hexadecimal digits; None where they do not."""
    fields = dict(headers)
    return fields.get(CHECKSUMS.get(fields.get("format", b""), ""))


class SnapshotKey(NamedTuple):
    """What a key of a snapshot topic says."""

    entity: bytes
    chunk: int
    """0 for the head, or the whole."""


def snapshot_key(entity: bytes, chunk: int = 0) -> bytes:
    """The key of an entity's snapshot, or of one of its further chunks."""
    if chunk:
        return _CHUNK + chunk.to_bytes(_DIGITS, "big") + entity
    return _ESCAPED + entity if not entity or entity.startswith(b"\x00") else entity


def parse_key(key: bytes) -> SnapshotKey | None:
    """What a key says; None for one that `snapshot_key` does not make."""
    if not key.startswith(b"\x00"):
        return SnapshotKey(key, 0)
    if key.startswith(_ESCAPED):
        return SnapshotKey(key[len(_ESCAPED) :], 0)
    start = len(_CHUNK) + _DIGITS
    if not key.startswith(_CHUNK) or len(key) < start:
        return None
    return SnapshotKey(key[start:], int.from_bytes(key[len(_CHUNK) : start], "big"))


def split(snapshot: Outgoing, entity: bytes, limit: int | None) -> list[Outgoing]:
    """The records for a snapshot, the head last, where a record has at most `limit` bytes.

    limit: bytes of key and value together; None where there is no limit. Raises TransportError if
    not even the key fits.
    """
    state = snapshot.value or b""
    if limit is None or len(snapshot.key or b"") + len(state) <= limit:
        return [snapshot]
    room = limit - len(snapshot_key(entity, 1))
    if room < 1:
        raise TransportError(
            f"The log must take records of more than {limit - room} bytes, to keep the state of an "
            f"entity of {len(entity)} bytes, got a limit of {limit}."
        )
    parts = [state[at : at + room] for at in range(0, len(state), room)]
    mark: Headers = ((SNAPSHOT, checksum_text(snapshot.headers) or b""),)
    chunks = [
        snapshot._replace(key=snapshot_key(entity, number), value=part, headers=mark)
        for number, part in enumerate(parts[1:], start=1)
    ]
    count = (CHUNKS, b"%d" % len(parts))
    return [*chunks, snapshot._replace(value=parts[0], headers=(*snapshot.headers, count))]


def chunk_count(head: Record) -> int:
    """Of how many records a snapshot is; 1 for a whole one."""
    count = dict(head.headers).get(CHUNKS, b"1")
    return int(count) if count.isdigit() else 1


def join(head: Record, chunks: Mapping[int, Record]) -> Record:
    """The whole snapshot, from its head and chunk records by number; others among them are ignored.

    A head whose chunks are not all there is returned as it is.
    """
    count = chunk_count(head)
    if count == 1:
        return head
    mark = checksum_text(head.headers)
    parts = [head.value or b""]
    for number in range(1, count):
        chunk = chunks.get(number)
        if chunk is None or chunk.value is None or dict(chunk.headers).get(SNAPSHOT) != mark:
            return head
        parts.append(chunk.value)
    headers = tuple(pair for pair in head.headers if pair[0] != CHUNKS)
    return head._replace(value=b"".join(parts), headers=headers)


def whole(transport: Transport, head: Record) -> Record:
    """The whole snapshot of which `head` was read, as `join` makes it. Raises TransportError."""
    count = chunk_count(head)
    if count == 1:
        return head
    tp = TopicPartition(head.topic, head.partition)
    entity = head.key if head.key is None else parse_key(head.key)
    # They lie right before their head, but for records of aborted transactions in between.
    window = 2 * count
    while True:
        start = max(0, head.offset - window)
        chunks = {}
        for record in transport.read(tp, start, head.offset):
            key = parse_key(record.key or b"")
            if key and entity and key.chunk and key.entity == entity.entity:
                chunks[key.chunk] = record
        joined = join(head, chunks)
        if joined is not head or start == 0:
            return joined
        window *= 16
