"""How a follower is doing, as values that other threads may read."""

from __future__ import annotations

from typing import Literal, NamedTuple

from stream.records import TopicPartition

Phase = Literal["waiting", "restoring", "following"]


class ReplicaStatus(NamedTuple):
    """One followed partition."""

    topic: str
    partition: int
    phase: Phase = "waiting"
    """waiting: nothing could be restored yet, or `problem` keeps it from being so."""
    offset: int | None = None
    """The next offset to be read; None while nothing is restored."""
    lag: int | None = None
    """Records between it and the log's end, as of the last look."""
    lag_seconds: float | None = None
    """Age of the last record read while others wait behind it, else 0."""
    ahead: int | None = None
    """How far it is beyond the group's committed offset (below 0: behind); None where none is committed."""
    replayed: int = 0
    """Records replayed so far, of `to_replay`; both 0 unless restoring."""
    to_replay: int = 0
    restarts: int = 0
    """How often its state was given up and rebuilt."""
    settled: bool = False
    """Whether it followed once, or the log turned out not to hold what a restore needs."""
    problem: str | None = None
    """Why it had to start anew, or cannot; None once it follows again."""

    @property
    def tp(self) -> TopicPartition:
        """Which partition."""
        return TopicPartition(self.topic, self.partition)


class FollowerStatus(NamedTuple):
    """All that one follower follows."""

    task: str
    partitions: tuple[ReplicaStatus, ...]
    """By number; empty until the topic is known."""
    problem: str | None
    """Why the log cannot be read now, or None."""

    @property
    def ready(self) -> bool:
        """Whether every partition follows, or followed once, or cannot."""
        return bool(self.partitions) and all(p.settled for p in self.partitions)

    @property
    def restoring(self) -> bool:
        """Whether some state is not there, but may soon be."""
        return not self.partitions or any(p.phase != "following" for p in self.partitions)
