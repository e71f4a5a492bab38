"""What a commit says beside its offset: from where to replay, and what the outputs add up to."""

from __future__ import annotations

import json
from typing import NamedTuple

from stream.errors import RecoveryError
from stream.records import Committed, TopicPartition

VERSION = 2
OLDER = (1,)
"""Versions that are still read: 1 lacks `config`."""
MAX_METADATA = 4095
MOVED = (
    "Somebody else has moved the offset of this group: move it back, or delete the group's offsets "
    "and its snapshot topic, to start afresh."
)


class Position(NamedTuple):
    """A partition's committed state of affairs."""

    offset: int
    """The next offset to be read."""
    replay_from: int
    """Below it, every entity's newest snapshot holds all of its records; at most `offset`."""
    audit: int
    """The sum of the output hashes of all entities, 0 <= audit < 2**64."""
    configuration: str = ""
    """The digest of the task's configuration; empty where the commit did not tell."""
    began: int | None = None
    """Of a shared state: the offset from which it has seen every record."""
    checkpoint: int | None = None
    """Of a shared state: the offset at which its newest checkpoint is valid; None before the first."""

    def encode(self) -> Committed:
        """As an offset with metadata."""
        fields = {
            "v": VERSION,
            "replay_from": self.replay_from,
            "audit": f"{self.audit:016x}",
            "config": self.configuration,
            "began": self.began,
            "checkpoint": self.checkpoint,
        }
        told = {name: value for name, value in fields.items() if value is not None}
        metadata = json.dumps(told, separators=(",", ":"))
        assert len(metadata) <= MAX_METADATA
        return Committed(self.offset, metadata, self.replay_from)


def decode_position(tp: TopicPartition, committed: Committed) -> Position:
    """Read a commit back. Raises RecoveryError for one that this program did not write."""
    try:
        fields = json.loads(committed.metadata)
        version = fields["v"]
        position = Position(
            committed.offset,
            int(fields["replay_from"]),
            int(str(fields["audit"]), 16),
            str(fields.get("config", "")),
            _offset(fields.get("began")),
            _offset(fields.get("checkpoint")),
        )
    except (ValueError, TypeError, KeyError) as error:
        raise RecoveryError(
            f"The commit metadata of {tp.topic}-{tp.partition}@{committed.offset} must be "
            f"JSON with 'v', 'replay_from' and 'audit', got {committed.metadata!r}. {MOVED}"
        ) from error
    if version not in (VERSION, *OLDER):
        raise RecoveryError(
            f"The commit metadata of {tp.topic}-{tp.partition} must be of version {VERSION}, got "
            f"{version!r}. Run the release that wrote it, or a newer one."
        )
    if not 0 <= position.replay_from <= position.offset:
        raise RecoveryError(
            f"The 'replay_from' of {tp.topic}-{tp.partition} must be from 0 to the committed "
            f"offset {position.offset}, got {position.replay_from}. {MOVED}"
        )
    return position


def _offset(field: object) -> int | None:
    return None if field is None else int(str(field))
