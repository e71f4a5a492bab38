"""The newest checkpoint of a shared state, read from its snapshot partition: all of its pieces or nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import NamedTuple

from models.errors import CorruptState
from stream.errors import RecoveryError
from stream.records import Record, TopicPartition
from stream.runtime.chunks import SNAPSHOT, join, parse_key, whole
from stream.runtime.manifest import Version, decode_manifest
from stream.runtime.partition import OwnedPartition
from stream.runtime.position import MOVED, Position
from stream.runtime.snapshots import checksum_of, decode_snapshot, hexadecimal
from stream.tasks.protocol import WHOLE
from stream.transports.checks import bounds_of
from stream.transports.protocol import Transport

TAIL = 4
"""Records at the end of the partition among which the newest manifest is looked for first."""


class DamagedCheckpoint(CorruptState):
    """A checkpoint of which not all pieces are there as they were written.

    head: the offset of its manifest in the snapshot topic; None where there is no manifest.
    """

    def __init__(self, reason: str, head: int | None) -> None:
        super().__init__(reason)
        self.head = head


class _Manifest(NamedTuple):
    """The newest manifest as it is read."""

    offset: int
    valid_at: int
    audit: int
    pieces: dict[bytes, Version]


class CheckpointFold:
    """Loads the newest checkpoint into an empty partition's state.

    The manifest comes first: the version of every piece. Then one pass over the partition picks
    out these very versions, in the order in which they were written, and nothing else of it stays
    in memory. An owner that writes meanwhile, and compaction behind it, can so make a piece
    missing, but never have another one taken for it.

    alive: called for each record; it may raise to give up. following: whether the checkpoint may be
    newer than `position`.
    """

    def __init__(
        self,
        owned: OwnedPartition,
        position: Position,
        transport: Transport,
        snapshot_topic: str,
        alive: Callable[[], None],
        *,
        following: bool,
    ) -> None:
        self._owned = owned
        self._position = position
        self._transport = transport
        self._source = TopicPartition(snapshot_topic, owned.tp.partition)
        self._alive = alive
        self._following = following

    def load(self) -> int:
        """Load the newest checkpoint; return the offset below which the state holds everything.

        Without any, that is where the task began. Raises DamagedCheckpoint, and then the state
        cannot be used; RecoveryError where the group's offset was moved; IncompatibleState.
        """
        head = self._newest_head()
        if head is None:
            self._check_none_is_needed()
            self._load_pieces(self._end(), {}, None)
            return self._owned.began
        manifest = self._manifest(head)
        self._check(manifest)
        self._load_pieces(head.offset, manifest.pieces, head.offset)
        try:
            self._owned.restore_whole(manifest.valid_at, manifest.audit, manifest.pieces)
        except CorruptState as error:
            raise DamagedCheckpoint(str(error), head.offset) from error
        return manifest.valid_at

    def note_stale(self) -> None:
        """Note every piece that is there as one that no checkpoint needs."""
        self._load_pieces(self._end(), {}, None)

    def newest(self) -> int | None:
        """Where the newest manifest lies now; None if there is none."""
        head = self._newest_head()
        return None if head is None else head.offset

    def _end(self) -> int:
        return bounds_of(self._transport.topics(), self._source)[1]

    def _newest_head(self) -> Record | None:
        stop, window = self._end(), TAIL
        while stop > 0:
            start = max(0, stop - window)
            found = None
            for record in self._transport.read(self._source, start, stop):
                self._alive()
                key = parse_key(record.key or b"")
                if record.key and key == (WHOLE, 0):
                    found = record
            if found is not None:
                return None if found.value is None else found
            stop, window = start, 16 * window
        return None

    def _manifest(self, head: Record) -> _Manifest:
        try:
            snapshot = decode_snapshot(whole(self._transport, head))
            pieces = decode_manifest(snapshot.state or b"")
        except CorruptState as error:
            raise DamagedCheckpoint(str(error), head.offset) from error
        return _Manifest(head.offset, snapshot.valid_at, snapshot.audit, pieces)

    def _check_none_is_needed(self) -> None:
        if self._position.checkpoint is not None:
            raise DamagedCheckpoint(
                f"{self._source.topic}-{self._source.partition} must hold the checkpoint at offset "
                f"{self._position.checkpoint}, got no checkpoint.",
                None,
            )

    def _check(self, manifest: _Manifest) -> None:
        needed, offset = self._position.checkpoint, self._position.offset
        where = f"The checkpoint at {self._source.topic}-{self._source.partition}@{manifest.offset}"
        if not self._following and (manifest.valid_at > offset or needed is None):
            raise RecoveryError(
                f"{where} must be one on which the committed offset {offset} of "
                f"{self._owned.tp.topic}-{self._owned.tp.partition} relies, got one that is valid "
                f"at {manifest.valid_at}. {MOVED}"
            )
        older = needed is not None and manifest.valid_at < needed
        if older or not (self._following or manifest.valid_at == needed):
            raise DamagedCheckpoint(
                f"{where} must be the one at offset {needed} of the input, on which the committed "
                f"offset relies, got one at {manifest.valid_at}.",
                manifest.offset,
            )

    def _load_pieces(self, stop: int, wanted: dict[bytes, Version], head: int | None) -> None:
        """Load the wanted versions from below `stop`; note the names of all other pieces there."""
        missing = dict(wanted)
        chunks: defaultdict[bytes, dict[int, Record]] = defaultdict(dict)
        alive: dict[bytes, bool] = {}
        # Below a manifest the newest version of each of its pieces is the one that it names.
        for record in self._transport.read(self._source, 0, stop, newest=True):
            self._alive()
            key = parse_key(record.key) if record.key else None
            if key is None or key.entity == WHOLE:
                continue
            name, number = key
            if number:
                if record.value is not None:
                    self._owned.found_chunk(name, number)
                if name in missing and _belongs(record, missing[name]):
                    chunks[name][number] = record
                continue
            alive[name] = record.value is not None
            if name in missing and _is(record, missing[name]):
                self._load(join(record, chunks.pop(name, {})), name, head)
                del missing[name]
        if missing:
            raise DamagedCheckpoint(
                f"The checkpoint at {self._source.topic}-{self._source.partition}@{head} must have "
                f"all of its {len(wanted)} pieces, got {len(wanted) - len(missing)}: for one, "
                f"{min(missing)!r} is missing.",
                head,
            )
        self._owned.found_stale(n for n, lives in alive.items() if lives and n not in wanted)

    def _load(self, record: Record, name: bytes, head: int | None) -> None:
        try:
            snapshot = decode_snapshot(record)
            self._owned.restore_piece(name, snapshot.state or b"", snapshot.valid_at)
        except CorruptState as error:
            raise DamagedCheckpoint(str(error), head) from error


def _is(record: Record, version: Version) -> bool:
    """Whether the head of a piece is of this version."""
    headers = dict(record.headers)
    return (
        record.value is not None
        and headers.get("valid_at") == b"%d" % version.valid_at
        and checksum_of(record.headers) == version.checksum
    )


def _belongs(chunk: Record, version: Version) -> bool:
    """Whether a further chunk of a piece is of this version."""
    return hexadecimal(dict(chunk.headers).get(SNAPSHOT)) == version.checksum
