"""The detectors of one input partition's entities."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from models.detector.decisions import STATUS_NAMES, WARMING, Decisions
from models.forest.nearest import Nearest
from stream.codec import (
    AlertWriter,
    Event,
    InputDecoder,
    Rejected,
    RejectReason,
    ScoreRecord,
    ScoreWriter,
    dead_letter,
)
from stream.codec.origin import original
from stream.metrics import Observed
from stream.records import Outgoing, Record
from stream.tasks.protocol import ModelError, Output, Step


class Bank(Protocol):
    """What the task needs of models.detector.DetectorBank: the detectors of many keys."""

    def slot(self, key: bytes) -> int: ...

    def process(self, slots: NDArray[np.int64], values: NDArray[np.float64]) -> Decisions: ...

    def score(self, key: bytes, values: NDArray[np.float64]) -> Decisions: ...

    def nearest(self, key: bytes, values: NDArray[np.float64], k: int) -> Nearest: ...

    def shingle(self, key: bytes) -> NDArray[np.float64]: ...

    def dump(self, key: bytes) -> bytes: ...

    def load(self, key: bytes, state: bytes) -> None: ...

    def forget(self, key: bytes) -> None: ...

    def keys(self) -> list[bytes]: ...

    def __contains__(self, key: bytes) -> bool: ...


class _Work:
    """A batch in the making."""

    def __init__(self) -> None:
        self.outputs: list[tuple[Output, ...]] = []
        """By record; empty holds the place of one that is still to be scored."""
        self.rows: list[int] = []
        self.offsets: list[int] = []
        self.scored: list[Record] = []
        self.events: list[Event] = []
        """By record to be scored: its place in the outputs, its offset, the record as the input had it, its event."""
        self.changed: dict[bytes, int] = {}
        self.forgotten: dict[bytes, int] = {}
        self.rejected: Counter[str] = Counter()
        self.decided: list[Decisions] = []


class DetectState:
    """The state of one input partition: a bank of detectors, and nothing beside it.

    Records are scored in the order of the log; an event time that goes backwards changes nothing.

    rekeyed_in: the partition of the internal topic that the records are read from; outputs are written to the
        partition of that number, and tell of the original records. None: the input itself is read.
    """

    def __init__(
        self,
        name: str,
        bank: Bank,
        decoder: InputDecoder,
        writer: ScoreWriter,
        alert_writer: AlertWriter | None,
        *,
        dead_letter_topic: str,
        content_type: str,
        skips_incomplete: bool,
        rekeyed_in: int | None = None,
    ) -> None:
        self._name = name
        self.bank = bank
        self._decode = decoder.decode
        self._writer = writer
        self._alert_writer = alert_writer
        self._dead_letter_topic = dead_letter_topic
        self._content_type = content_type
        self._skips_incomplete = skips_incomplete
        self._rekeyed_in = rekeyed_in
        self._valid_at: dict[bytes, int] = {}
        self._statuses: Counter[str] = Counter()
        self._rejected: Counter[str] = Counter()
        self._scores: list[NDArray[np.float64]] = []

    def process(self, records: Sequence[Record]) -> Step:
        """Score and learn a batch.

        A dead letter and a skipped record have no state behind them: their entity is None. Raises
        RegistryUnavailable while a schema cannot be had, and then nothing has changed.
        """
        work = _Work()
        originals = [self._original(record) for record in records]
        # All are decoded before a state changes: what raises here can be done again from the start.
        found = [self._event(record, told) for record, told in zip(records, originals, strict=True)]
        for record, told, event in zip(records, originals, found, strict=True):
            if isinstance(event, bytes):
                self._forget(record, event, work)
            elif isinstance(event, Rejected):
                work.rejected[event.reason] += 1
                work.outputs.append((self._stateless(record, self._refused(told, event)),))
            elif event.incomplete and self._skips_incomplete:
                skipped = self._writer.write(told, event, self._writer.skipped(told, event))
                work.outputs.append((self._stateless(record, skipped),))
            elif not self._valid_at or record.offset >= self._valid_at.get(event.entity, 0):
                work.rows.append(len(work.outputs))
                work.outputs.append(())
                work.offsets.append(record.offset)
                work.scored.append(told)
                work.events.append(event)
        self._score(work)
        # Counted last, so that what has to be processed again after an exception is counted once.
        self._count(work)
        return Step(list(chain.from_iterable(work.outputs)), work.changed, work.forgotten)

    def entity_of(self, record: Record) -> bytes | None:
        """The entity that the record is about; None where it would touch no detector."""
        if record.value is None:
            return record.key or None
        event = self._decode(self._original(record))
        if isinstance(event, Rejected) or (event.incomplete and self._skips_incomplete):
            return None
        return event.entity

    def refuse(self, record: Record, error: ModelError) -> Output:
        """The dead letter for a record on which the detector failed."""
        self._rejected[RejectReason.MODEL_ERROR] += 1
        refused = Rejected(RejectReason.MODEL_ERROR, error.detail, traceback=error.traceback)
        return self._stateless(record, self._refused(self._original(record), refused))

    def dump(self, entity: bytes) -> bytes:
        """The entity's detector as versioned, checksummed bytes."""
        return self.bank.dump(entity)

    def load(self, entity: bytes, state: bytes, valid_at: int) -> None:
        """Put a dumped detector in place; it holds every record below offset `valid_at`.

        Raises models.errors.CorruptState or IncompatibleState, and then changes nothing.
        """
        self.bank.load(entity, state)
        self._valid_at[entity] = valid_at

    def forget(self, entity: bytes, valid_at: int = 0) -> None:
        """Drop the entity's detector, if any; that holds every record below offset `valid_at`."""
        self.bank.forget(entity)
        self._valid_at.pop(entity, None)
        if valid_at:
            self._valid_at[entity] = valid_at

    def __contains__(self, entity: object) -> bool:
        """Whether the entity has a detector."""
        return isinstance(entity, bytes) and entity in self.bank

    def entities(self) -> Iterable[bytes]:
        """Every entity that has a detector."""
        return self.bank.keys()

    def observed(self) -> Observed:
        """See stream.metrics.Observable."""
        scores = np.concatenate(self._scores) if self._scores else np.zeros(0)
        observed = Observed(self._statuses, scores, self._rejected)
        self._statuses, self._rejected, self._scores = Counter(), Counter(), []
        return observed

    def _event(self, record: Record, told: Record) -> Event | Rejected | bytes:
        """What the record says; the entity that it has forgotten, if it is about that."""
        forgotten = record.key if record.value is None else None
        return forgotten or self._decode(told)

    def _forget(self, record: Record, entity: bytes, work: _Work) -> None:
        if record.offset < self._valid_at.get(entity, 0):
            return
        self._score(work)  # what came before may be about this entity
        if entity in self.bank:
            self.forget(entity)
            work.changed.setdefault(entity, record.offset)
            work.forgotten[entity] = record.offset

    def _score(self, work: _Work) -> None:
        """Decide on the records that wait for it."""
        if not work.scored:
            return
        decisions = self._decide(work.events)
        scores = self._writer.scored(work.scored, work.events, decisions)
        rows = zip(work.rows, work.offsets, work.scored, work.events, scores, strict=True)
        for row, offset, record, event, score in rows:
            work.changed.setdefault(event.entity, offset)
            work.outputs[row] = tuple(
                Output(event.entity, offset, self._placed(outgoing))
                for outgoing in self._written(record, event, score)
            )
        work.rows, work.offsets, work.scored, work.events = [], [], [], []
        work.decided.append(decisions)

    def _written(self, record: Record, event: Event, score: ScoreRecord) -> Iterator[Outgoing]:
        """The score, and behind it the alert of an anomaly."""
        yield self._writer.write(record, event, score)
        if score.status == "anomaly" and self._alert_writer is not None:
            yield self._alert_writer.write(record, event, score)

    def _count(self, work: _Work) -> None:
        self._rejected.update(work.rejected)
        for decisions in work.decided:
            for status, count in enumerate(np.bincount(decisions.status).tolist()):
                self._statuses[STATUS_NAMES[status]] += count
            self._scores.append(decisions.score[decisions.status != WARMING])

    def _decide(self, events: Sequence[Event]) -> Decisions:
        slots = np.array([self.bank.slot(event.entity) for event in events], dtype=np.int64)
        values = np.array([event.values for event in events], dtype=np.float64)
        return self.bank.process(slots, values)

    def _refused(self, record: Record, rejected: Rejected) -> Outgoing:
        return dead_letter(
            record, rejected, self._name, self._dead_letter_topic, self._content_type
        )

    def _stateless(self, record: Record, outgoing: Outgoing) -> Output:
        return Output(None, record.offset, self._placed(outgoing))

    def _original(self, record: Record) -> Record:
        return record if self._rekeyed_in is None else original(record)

    def _placed(self, outgoing: Outgoing) -> Outgoing:
        """The output in the partition in which its entity's records are read."""
        if self._rekeyed_in is None:
            return outgoing
        return outgoing._replace(partition=self._rekeyed_in)
