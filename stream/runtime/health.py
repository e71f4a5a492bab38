"""How a runner is doing, as values that other threads may read."""

from __future__ import annotations

from typing import Literal, NamedTuple

from stream.records import TopicPartition

Phase = Literal["starting", "running", "waiting", "stopped", "failed"]
"""`waiting`: the log is away, and is tried again and again."""


class PartitionStatus(NamedTuple):
    """One partition of a task."""

    topic: str
    partition: int
    offset: int | None
    """The next offset to be read; None while it is being restored."""
    lag: int | None
    """Records to be read, as of the last count; None before the first."""
    restoring: bool
    replayed: int
    """Records replayed so far, of `to_replay`; both 0 once the partition is restored."""
    to_replay: int


class TaskStatus(NamedTuple):
    """One task of a worker."""

    task: str
    phase: Phase
    partitions: tuple[PartitionStatus, ...]
    """Those that this member owns, by topic and number."""
    error: str | None
    """What it waits for, or what it failed of; else None."""

    @property
    def ready(self) -> bool:
        """Whether it takes part in its group and has rebuilt the state of all that it owns."""
        return self.phase == "running" and not any(p.restoring for p in self.partitions)


class StatusBoard:
    """Where a runner notes its status. A change replaces a whole value, so reading is safe."""

    def __init__(self, task: str) -> None:
        self._task = task
        self._partitions: dict[TopicPartition, PartitionStatus] = {}
        self.phase: Phase = "starting"
        self.error: str | None = None

    def restoring(self, tp: TopicPartition, replayed: int = 0, to_replay: int = 0) -> None:
        """Note that `tp` is being restored, and how far that is."""
        self._put(tp, PartitionStatus(*tp, None, None, True, replayed, to_replay))

    def moved(self, tp: TopicPartition, offset: int) -> None:
        """Note that `tp` is restored and stands at `offset`."""
        known = self._partitions.get(tp)
        lag = known.lag if known else None
        self._put(tp, PartitionStatus(*tp, offset, lag, False, 0, 0))

    def lagging(self, tp: TopicPartition, lag: int) -> None:
        """Note how many records wait in `tp`."""
        known = self._partitions.get(tp)
        if known is not None:
            self._put(tp, known._replace(lag=lag))

    def left(self, tp: TopicPartition) -> None:
        """Note that `tp` belongs to somebody else now."""
        self._partitions = {k: v for k, v in self._partitions.items() if k != tp}

    def status(self) -> TaskStatus:
        """The status now."""
        partitions = self._partitions
        return TaskStatus(
            self._task, self.phase, tuple(partitions[tp] for tp in sorted(partitions)), self.error
        )

    def _put(self, tp: TopicPartition, status: PartitionStatus) -> None:
        self._partitions = {**self._partitions, tp: status}
