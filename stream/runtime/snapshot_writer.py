"""Snapshots as the records that keep them."""

from __future__ import annotations

from stream.records import Outgoing, TopicPartition
from stream.runtime.chunks import snapshot_key, split
from stream.runtime.snapshots import Snapshot, encode_snapshot


class SnapshotWriter:
    """Makes the records of one partition's snapshots, and nulls for what they leave of earlier ones.

    topic: where they go. limit: the largest key and value, together, of one record; None where
    there is no limit.
    """

    def __init__(self, topic: str, tp: TopicPartition, limit: int | None) -> None:
        self._topic = topic
        self._tp = tp
        self._limit = limit
        self._chunks: dict[bytes, int] = {}
        """Entity -> how many records its snapshot may have, where that is more than one."""

    def found_chunk(self, entity: bytes, number: int) -> None:
        """Note that the snapshot topic holds a chunk of this number for the entity."""
        self._chunks[entity] = max(self._chunks.get(entity, 1), number + 1)

    def records(self, snapshot: Snapshot, timestamp: int | None) -> list[Outgoing]:
        """The records of a snapshot, its head the last. Raises TransportError as `split` does."""
        entity = snapshot.entity
        head = encode_snapshot(snapshot, self._topic, self._tp, timestamp)
        records = split(head, entity, self._limit)
        left = self._chunks.pop(entity, 1)
        if len(records) > 1:
            self._chunks[entity] = len(records)
        superfluous = [
            head._replace(key=snapshot_key(entity, number), value=None, headers=())
            for number in range(len(records), left)
        ]
        return [*superfluous, *records]
