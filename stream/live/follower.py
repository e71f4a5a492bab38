"""A reader that keeps the states of a task as its owners have them, and writes nothing."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from threading import Event, Thread
from time import time

import structlog
from prometheus_client import CollectorRegistry

from models.errors import InvalidParameter
from stream.errors import TransportError, UnknownTopic
from stream.live.replica import Extent, Replica, StoppedError
from stream.live.status import FollowerStatus
from stream.metrics import Metrics, TaskMetrics
from stream.records import TopicPartition
from stream.runtime.options import RunnerOptions
from stream.runtime.partition import OwnedPartition
from stream.runtime.runner import group_of
from stream.tasks.protocol import Task
from stream.transports.protocol import TopicInfo, Transport

log = structlog.get_logger(__name__)

GRACE = 5.0
"""Seconds that the batch in hand may take once a stop was asked for."""


class Follower:
    """The same function over the same log as the task's own workers, with outputs off.

    For each partition it loads the newest snapshots, replays the log from where the group would,
    and goes on to the log's end, over and over. It is no member of the group and commits nothing.
    At any offset its states are those of the owner, bit for bit; it may be behind or ahead of it.

    Memory is bounded by the states. What keeps a partition from being restored or followed (a
    snapshot of another configuration, input deleted before it was read) is told in its status, and
    the partition starts anew from the snapshots that are there then.

    partitions: those to follow; None means all of the input. interval: seconds between two looks
    for new records. `clock` gives seconds since the epoch; only the status depends on it. Raises
    InvalidParameter.
    """

    def __init__(
        self,
        task: Task,
        transport: Transport,
        options: RunnerOptions,
        *,
        partitions: Collection[int] | None = None,
        interval: float = 0.25,
        clock: Callable[[], float] = time,
    ) -> None:
        if len(task.inputs) != 1:
            raise InvalidParameter(
                "inputs", f"task '{task.name}'", "one topic (one ordered log)", list(task.inputs)
            )
        self.task = task
        self._transport = transport
        self._options = options
        self._partitions = partitions
        self._interval = interval
        self._clock = clock
        # What a recovery counts is the owner's to report: here the status tells it.
        self._metrics = TaskMetrics(Metrics(CollectorRegistry()), task.name)
        self._replicas: dict[TopicPartition, Replica] = {}
        self._problem: str | None = None
        self._stop = Event()
        self._thread = Thread(target=self._run, name=f"follow-{task.name}", daemon=True)

    def start(self) -> None:
        """Begin to follow; returns at once."""
        self._thread.start()

    def close(self) -> None:
        """Stop following, and wait for the batch in hand, but not for a log that is away."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(GRACE)
            if self._thread.is_alive():
                log.warning("follower_left_behind", task=self.task.name)

    def status(self) -> FollowerStatus:
        """How it is doing (from any thread)."""
        replicas = self._replicas
        found = tuple(replicas[tp].status for tp in sorted(replicas))
        return FollowerStatus(self.task.name, found, self._problem)

    def held(self) -> Mapping[TopicPartition, OwnedPartition]:
        """The partitions whose state is complete (from any thread)."""
        replicas = self._replicas
        return {tp: r.owned for tp, r in replicas.items() if r.owned is not None}

    def restoring(self) -> bool:
        """Whether some state is not there, but may soon be (from any thread)."""
        return self.status().restoring

    def refresh(self) -> int:
        """Restore what can be, read what is new; return how many records came.

        Not for use beside `start`. Raises TransportError, UnknownTopic while there is no input.
        """
        topic = self.task.inputs[0]
        info = self._transport.topics().get(topic)
        if info is None:
            raise UnknownTopic(f"The topic {topic!r} must exist, got no such topic.")
        self._meet(topic, info)
        committed = self._transport.committed(group_of(self.task))
        came = 0
        for tp, replica in self._replicas.items():
            came += replica.turn(Extent(*info.bounds[tp.partition], committed.get(tp)))
            if self._stop.is_set():
                break
        return came

    def _run(self) -> None:
        while not self._stop.is_set():
            came = 0
            try:
                came = self.refresh()
                self._problem = None
            except StoppedError:
                return
            except TransportError as error:
                self._tell(str(error))
            except Exception as error:  # a follower that silently stands still would be worse
                self._tell(f"The follower failed: {error!r}.", unexpected=error)
            if not came:
                self._stop.wait(self._interval)

    def _tell(self, problem: str, unexpected: Exception | None = None) -> None:
        if self._problem != problem:
            log.warning("log_not_followed", task=self.task.name, error=problem, exc_info=unexpected)
        self._problem = problem

    def _meet(self, topic: str, info: TopicInfo) -> None:
        chosen = range(info.spec.partitions) if self._partitions is None else self._partitions
        wanted = [TopicPartition(topic, p) for p in sorted(chosen) if p < info.spec.partitions]
        if len(wanted) > len(self._replicas):
            self._replicas = {tp: self._replicas.get(tp) or self._replica(tp) for tp in wanted}

    def _replica(self, tp: TopicPartition) -> Replica:
        return Replica(
            self.task,
            tp,
            self._transport,
            self._options,
            self._metrics,
            clock=self._clock,
            stop=self._stop,
        )
