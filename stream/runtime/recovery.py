"""How the owner of a partition comes by its state: snapshots first, then the records since."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import NamedTuple

import structlog

from stream.errors import RecoveryError
from stream.metrics import TaskMetrics, table
from stream.records import Committed, TopicPartition
from stream.runtime.careful import ProcessingFailedError
from stream.runtime.checkpoint_fold import CheckpointFold, DamagedCheckpoint
from stream.runtime.options import RunnerOptions
from stream.runtime.partition import OwnedPartition, Policy
from stream.runtime.position import Position, decode_position
from stream.runtime.snapshot_fold import SnapshotFold
from stream.tasks.protocol import ModelError, Paced, SharedState, Task
from stream.transports.checks import bounds_of
from stream.transports.protocol import Transport

log = structlog.get_logger(__name__)

WARY_BATCHES = 10
"""Batches that are processed carefully after one in which the task failed."""
TRIES = 10
"""Most checkpoints that are read while the owner takes one after another apart by writing on."""

Progress = Callable[[TopicPartition, int, int], None]
"""Called for each snapshot and each batch, with the partition, the records replayed so far and
those to be replayed in all. It may raise to give the recovery up."""


class Recovered(NamedTuple):
    """A partition as of its committed offset, or beyond it for a follower."""

    owned: OwnedPartition
    replayed: int
    """Offsets that were read again."""


def recover(
    task: Task,
    tp: TopicPartition,
    transport: Transport,
    committed: Committed | None,
    options: RunnerOptions,
    metrics: TaskMetrics,
    progress: Progress,
    *,
    following: bool = False,
) -> Recovered:
    """Rebuild the state of `tp` as of its committed offset, with nothing put out.

    1. Take the committed offset C, the offset R to replay from, and the sum of the outputs.
    2. Load the newest snapshot of every entity. One that is corrupt is refused; an older one takes
       its place, and R falls back to what that one holds.
       Of a shared state, load the newest checkpoint. One that is damaged is refused, and R is
       where the task began.
    3. Process the records in [R, C) again. The state itself passes over what its snapshots hold.
       Where the task raises, begin again, and take the records from there on carefully.
    4. Compare the sum of the outputs with the committed one.

    While one is `following`, the owner goes on: snapshots may be newer than `committed`. The state
    is then rebuilt as of the newest of them, with no committed sum to be compared with.

    Raises RecoveryError where the log no longer holds what this needs, IncompatibleState for
    snapshots of another format or configuration.
    """
    rebuild = _Rebuild(task, tp, transport, committed, options, metrics, progress, following)
    careful_from: int | None = None
    culprits: dict[int, ModelError] = {}
    while True:
        try:
            return rebuild(careful_from, culprits)
        except ProcessingFailedError as error:
            # Entities are put right on the spot, a shared state once for each of its culprits.
            if careful_from is not None and error.culprit is None:
                raise
            log.warning("replay_begins_again", task=task.name, topic=tp.topic, error=str(error))
            if error.culprit is not None:
                culprits[error.offset] = error.culprit
            careful_from = min(error.offset, careful_from or error.offset)


class _Loaded(NamedTuple):
    """What snapshots gave, before anything is replayed."""

    owned: OwnedPartition
    position: Position
    replay_from: int
    newest: int
    """The highest offset that anything loaded is valid at."""


class _Rebuild:
    """One recovery; see `recover`."""

    def __init__(
        self,
        task: Task,
        tp: TopicPartition,
        transport: Transport,
        committed: Committed | None,
        options: RunnerOptions,
        metrics: TaskMetrics,
        progress: Progress,
        following: bool,
    ) -> None:
        self._task = task
        self._tp = tp
        self._transport = transport
        self._committed = committed
        self._options = options
        self._metrics = metrics
        self._progress = progress
        self._following = following

    def __call__(self, careful_from: int | None, culprits: Mapping[int, ModelError]) -> Recovered:
        task, tp = self._task, self._tp
        first = self._first()
        owned, position, replay_from, newest = self._loaded(first)
        target = max(position.offset, newest)
        if careful_from is not None:
            owned.careful = range(careful_from, target)
            owned.culprits = culprits
        if replay_from < target:
            _check_kept(task, tp, replay_from, first)
            replay = _replay(owned, self._transport, replay_from, target, self._options.batch_size)
            for done in replay:
                self._progress(tp, done - replay_from, target - replay_from)
            # Records may have been deleted while they were being read.
            _check_kept(task, tp, replay_from, self._first())
            self._metrics.count(table.REPLAYED, target - replay_from)
        # A checkpoint may be newer than what was committed when that was asked.
        owned.offset = target
        owned.restored()
        owned.culprits = {}
        if target == position.offset:
            self._compare(owned, position, replay_from)
        return Recovered(owned, target - replay_from)

    def _loaded(self, first: int) -> _Loaded:
        owned, position = self._empty(first)
        if isinstance(owned.state, SharedState):
            return self._loaded_whole(first)
        snapshots = SnapshotFold(
            owned,
            position,
            self._transport,
            self._task,
            self._metrics,
            lambda: self._progress(self._tp, 0, position.offset - position.replay_from),
            following=self._following,
        )
        replay_from = snapshots.load()
        return _Loaded(owned, position, replay_from, snapshots.newest)

    def _loaded_whole(self, first: int) -> _Loaded:
        for _ in range(TRIES):
            owned, position = self._empty(first)
            fold = self._checkpoint_fold(owned, position)
            try:
                valid_at = fold.load()
            except DamagedCheckpoint as error:
                damage = error
            else:
                return _Loaded(owned, position, max(valid_at, position.replay_from), valid_at)
            if not self._following or fold.newest() == damage.head:
                return self._without_checkpoint(first, damage)
        raise RecoveryError(
            f"A checkpoint of task '{self._task.name}' must be whole for as long as it is read, but "
            f"{TRIES} were overtaken by newer ones meanwhile; the last: {damage}"
        )

    def _checkpoint_fold(self, owned: OwnedPartition, position: Position) -> CheckpointFold:
        topic = self._task.snapshot_topic
        assert topic is not None, "a shared state needs a snapshot topic"
        return CheckpointFold(
            owned,
            position,
            self._transport,
            topic,
            lambda: self._progress(self._tp, 0, position.offset - position.replay_from),
            following=self._following,
        )

    def _without_checkpoint(self, first: int, damage: DamagedCheckpoint) -> _Loaded:
        """Nothing of a damaged checkpoint can be used; everything has to be replayed."""
        task, tp = self._task, self._tp
        owned, position = self._empty(first)
        began = owned.began
        self._metrics.count(table.CORRUPT_SNAPSHOTS)
        log.error(
            "checkpoint_refused",
            task=task.name,
            topic=task.snapshot_topic,
            partition=tp.partition,
            error=str(damage),
            consequence=f"everything is replayed from offset {began} on",
        )
        if first > began:
            raise RecoveryError(
                f"{damage} Without it the state of task '{task.name}' needs "
                f"{tp.topic}-{tp.partition} from offset {began}, but the log begins at {first}. "
                "Put the snapshot topic back as it was; or, to start afresh with empty state, delete "
                f"the group's offsets and the snapshot topic '{task.snapshot_topic}'."
            )
        self._checkpoint_fold(owned, position).note_stale()
        return _Loaded(owned, position, began, 0)

    def _first(self) -> int:
        return bounds_of(self._transport.topics(), self._tp)[0]

    def _empty(self, first: int) -> tuple[OwnedPartition, Position]:
        task, tp, committed = self._task, self._tp, self._committed
        owned = OwnedPartition(
            tp,
            task.open(tp),
            Policy(
                task.snapshot_topic,
                task.snapshot_every if isinstance(task, Paced) else self._options.snapshot_every,
                self._transport.max_record_bytes,
                WARY_BATCHES * self._options.batch_size,
            ),
            offset=first if committed is None else committed.offset,
        )
        if committed is None:
            # Without a commit there is no checkpoint, and the task begins here.
            return owned, owned.position(task.configuration)
        if first > owned.offset:
            log.warning(
                "records_lost_to_retention",
                task=task.name,
                topic=tp.topic,
                partition=tp.partition,
                committed=owned.offset,
                first_kept=first,
                hint="records were deleted before they were read: keep them for longer",
            )
        position = decode_position(tp, committed)
        owned.began = position.replay_from if position.began is None else position.began
        return owned, position

    def _compare(self, owned: OwnedPartition, position: Position, replay_from: int) -> None:
        task, tp = self._task, self._tp
        place = {"task": task.name, "topic": tp.topic, "partition": tp.partition}
        if position.configuration not in ("", task.configuration):
            log.info(
                "configuration_changed",
                **place,
                committed=position.offset,
                replayed_from=replay_from,
                consequence="what was replayed went by the new one, so outputs were not compared",
            )
        elif owned.audit.total != position.audit:
            self._metrics.count(table.REPLAY_MISMATCH)
            log.error(
                "replay_mismatch",
                **place,
                replayed_from=replay_from,
                committed=position.offset,
                hint="the task is not deterministic: scores may differ from an undisturbed run",
            )


def _replay(
    owned: OwnedPartition, transport: Transport, start: int, stop: int, batch_size: int
) -> Iterator[int]:
    """Process [start, stop) in batches; yield the offset reached after each."""
    records = iter(transport.read(owned.tp, start, stop))
    owned.offset = start
    while batch := list(islice(records, batch_size)):
        owned.advance(batch)
        yield owned.offset


def _check_kept(task: Task, tp: TopicPartition, replay_from: int, first: int) -> None:
    if first > replay_from:
        raise RecoveryError(
            f"The state of task '{task.name}' needs {tp.topic}-{tp.partition} from offset "
            f"{replay_from}, but the log begins at {first}. Keep more of '{tp.topic}' (retention "
            "must cover the replay and every outage); to start afresh with empty state, delete the "
            f"group's offsets and the snapshot topic '{task.snapshot_topic}'."
        )
