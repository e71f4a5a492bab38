"""What goes into one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from stream.records import Committed, Outgoing, Record, TopicPartition
from stream.runtime.partition import OwnedPartition, Saved
from stream.runtime.stopwatch import Stopwatch


@dataclass
class Batch:
    """What goes into one transaction, and what there will be to count of it."""

    records: Sequence[Record] = ()
    partitions: list[OwnedPartition] = field(default_factory=list)
    outputs: list[Outgoing] = field(default_factory=list)
    snapshots: list[Outgoing] = field(default_factory=list)
    states: int = 0
    """How many entities' states or pieces the snapshots are."""
    checkpoints: int = 0
    saving: Stopwatch = field(default_factory=Stopwatch)
    """Runs since the snapshots began to be made."""
    forgotten: int = 0
    refused: int = 0

    def save(self, saved: Saved) -> None:
        """Add snapshots."""
        self.snapshots += saved.records
        self.states += saved.entities
        self.checkpoints += saved.checkpoints

    def offsets(self, configuration: str) -> dict[TopicPartition, Committed]:
        """What is to be committed."""
        return {owned.tp: owned.position(configuration).encode() for owned in self.partitions}
