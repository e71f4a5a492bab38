"""Writing checkpoints of a shared state: some of its pieces, and the manifest of all of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from stream.records import Outgoing
from stream.runtime.manifest import Version, encode_manifest
from stream.runtime.snapshot_writer import SnapshotWriter
from stream.runtime.snapshots import Snapshot, checksum_of
from stream.tasks.protocol import WHOLE, Piece


class Checkpoints:
    """What the newest checkpoint of one partition is made of, and how the next one is written.

    A piece lies under its name like the snapshot of an entity. The manifest lies under `WHOLE`,
    which is nobody's name, and is written last; it carries the audit's sum.
    """

    def __init__(self, writer: SnapshotWriter) -> None:
        self.valid_at: int | None = None
        """The offset of the newest checkpoint; None before the first."""
        self._writer = writer
        self._pieces: dict[bytes, Version] = {}
        self._stale: set[bytes] = set()

    def restore(self, valid_at: int, pieces: Mapping[bytes, Version]) -> None:
        """Go on from a checkpoint that was loaded."""
        self.valid_at = valid_at
        self._pieces = dict(pieces)

    def found_stale(self, names: Iterable[bytes]) -> None:
        """Note pieces that the topic holds but no checkpoint needs: the next one deletes them."""
        self._stale.update(names)

    def records(
        self, pieces: Iterable[Piece], valid_at: int, audit: int, timestamp: int | None
    ) -> list[Outgoing]:
        """The records of a checkpoint, its manifest the last. Raises ValueError for a piece without name."""
        records: list[Outgoing] = []
        for name, state in pieces:
            if name == WHOLE:
                raise ValueError("A piece must have a name that is not empty, got b''.")
            written = self._writer.records(Snapshot(name, state, valid_at, 0), timestamp)
            records += written
            self._stale.discard(name)
            if state is None:
                self._pieces.pop(name, None)
            else:
                checksum = checksum_of(written[-1].headers)
                assert checksum is not None, "every snapshot is written with its checksum"
                self._pieces[name] = Version(valid_at, checksum)
        for name in sorted(self._stale):
            records += self._writer.records(Snapshot(name, None, valid_at, 0), timestamp)
        self._stale.clear()
        self.valid_at = valid_at
        manifest = Snapshot(WHOLE, encode_manifest(self._pieces), valid_at, audit)
        return [*records, *self._writer.records(manifest, timestamp)]
