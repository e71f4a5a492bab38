"""When which key's state is written, and how it lies in the snapshot topic."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Mapping
from typing import NamedTuple
from zlib import crc32

from models.errors import CorruptState, IncompatibleState
from stream.records import Headers, Outgoing, Record, TopicPartition

FORMAT = b"1"
BUCKETS = 64


class Snapshot(NamedTuple):
    """One entity's state, and what it stands for."""

    entity: bytes
    state: bytes
    valid_at: int
    """It holds every record of its partition below this offset."""
    audit: int
    """The sum of the hashes of the entity's outputs so far."""


def encode_snapshot(
    snapshot: Snapshot, topic: str, tp: TopicPartition, timestamp: int | None
) -> Outgoing:
    """The record that keeps a snapshot: in the partition of the input, under the entity's key."""
    headers: Headers = (
        ("format", FORMAT),
        ("input", tp.topic.encode()),
        ("valid_at", b"%d" % snapshot.valid_at),
        ("audit", b"%016x" % snapshot.audit),
    )
    checksum = ("crc32", b"%08x" % _checksum(snapshot.entity, snapshot.state, headers))
    return Outgoing(
        topic, snapshot.entity, snapshot.state, (*headers, checksum), timestamp, tp.partition
    )


def decode_snapshot(record: Record) -> Snapshot:
    """Read a snapshot back. Raises CorruptState, IncompatibleState."""
    where = f"The snapshot at {record.topic}-{record.partition}@{record.offset}"
    if record.key is None or record.value is None:
        raise CorruptState(f"{where} must have a key and a value, got {record.key!r}.")
    fields = dict(record.headers)
    headers = tuple(pair for pair in record.headers if pair[0] != "crc32")
    expected = b"%08x" % _checksum(record.key, record.value, headers)
    if fields.get("crc32") != expected:
        raise CorruptState(
            f"{where} must have the checksum {expected!r}, got {fields.get('crc32')!r}."
        )
    if fields.get("format") != FORMAT:
        raise IncompatibleState(
            f"{where} must be of format {FORMAT!r}, got {fields.get('format')!r}. Run the release "
            "that wrote it, or a newer one."
        )
    return Snapshot(record.key, record.value, int(fields["valid_at"]), int(fields["audit"], 16))


def _checksum(entity: bytes, state: bytes, headers: Headers) -> int:
    return crc32(state, crc32(repr((entity, headers)).encode()))


class SnapshotSchedule:
    """Which keys of a partition changed since their last snapshot, and when each is written again.

    A key first changed at offset f is due at the latest by the first commit at or above f + every.
    Ahead of that, keys are taken oldest first at the lowest constant rate that lets all of them
    meet their times, so that many keys that changed together are spread over `every` offsets.
    """

    def __init__(self, every: int) -> None:
        self._every = every
        self._width = max(1, every // BUCKETS)
        self._first: OrderedDict[bytes, int] = OrderedDict()
        self._buckets: deque[list[int]] = deque()
        """[first offset, keys], oldest first: keys within `width` offsets are due together."""

    def __len__(self) -> int:
        return len(self._first)

    def changed(self, first_offsets: Mapping[bytes, int]) -> None:
        """Note which keys a batch has changed, and where first. Batches come in offset order."""
        fresh = [(at, key) for key, at in first_offsets.items() if key not in self._first]
        for at, key in sorted(fresh):
            self._first[key] = at
            if self._buckets and at < self._buckets[-1][0] + self._width:
                self._buckets[-1][1] += 1
            else:
                self._buckets.append([at, 1])

    def take(self, committed: int, advanced: int) -> list[bytes]:
        """Remove and return the keys to be written with a commit at offset `committed`.

        advanced: offsets since the last commit, >= 0.

        Afterwards committed - replay_from(committed) < every.
        """
        share, older = 0.0, 0
        for start, keys in self._buckets:
            older += keys
            left = start + self._every - committed
            share = max(share, older * (advanced / (left + advanced)) if left > 0 else older)
        return self._pop(int(share))

    def take_oldest(self, most: int) -> list[bytes]:
        """Remove and return the keys that changed first, at most so many."""
        return self._pop(min(most, len(self._first)))

    def replay_from(self, committed: int) -> int:
        """The lowest offset that some key's snapshot lacks, or `committed` if there is none."""
        return next(iter(self._first.values()), committed)

    def _pop(self, count: int) -> list[bytes]:
        keys = [self._first.popitem(last=False)[0] for _ in range(count)]
        while count:
            taken = min(count, self._buckets[0][1])
            self._buckets[0][1] -= taken
            count -= taken
            if not self._buckets[0][1]:
                self._buckets.popleft()
        return keys
