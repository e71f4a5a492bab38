"""The detectors of one input partition's entities."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from models.detector.decisions import STATUS_NAMES, WARMING, Decisions
from stream.codec import Event, InputDecoder, Rejected, ScoreWriter, dead_letter
from stream.metrics import Observed
from stream.records import Outgoing, Record
from stream.tasks.protocol import Output, Step


class Bank(Protocol):
    """What the task needs of models.detector.DetectorBank: the detectors of many keys."""

    def slot(self, key: bytes) -> int: ...

    def process(self, slots: NDArray[np.int64], values: NDArray[np.float64]) -> Decisions: ...

    def dump(self, key: bytes) -> bytes: ...

    def load(self, key: bytes, state: bytes) -> None: ...

    def forget(self, key: bytes) -> None: ...

    def keys(self) -> list[bytes]: ...


class DetectState:
    """The state of one input partition: a bank of detectors, and nothing beside it.

    Records are scored in the order of the log; an event time that goes backwards changes nothing.
    """

    def __init__(
        self,
        name: str,
        bank: Bank,
        decoder: InputDecoder,
        writer: ScoreWriter,
        *,
        dead_letter_topic: str,
        skips_incomplete: bool,
    ) -> None:
        self._name = name
        self._bank = bank
        self._decode = decoder.decode
        self._writer = writer
        self._dead_letter_topic = dead_letter_topic
        self._skips_incomplete = skips_incomplete
        self._valid_at: dict[bytes, int] = {}
        self._statuses: Counter[str] = Counter()
        self._rejected: Counter[str] = Counter()
        self._scores: list[NDArray[np.float64]] = []

    def process(self, records: Sequence[Record]) -> Step:
        """Score and learn a batch.

        A dead letter and a skipped record have no state behind them: their entity is None.
        """
        outputs: list[Output | None] = []
        rows: list[int] = []
        scored: list[Record] = []
        events: list[Event] = []
        for record in records:
            event = self._decode(record)
            if isinstance(event, Rejected):
                self._rejected[event.reason] += 1
                outputs.append(self._stateless(record, self._refused(record, event)))
            elif event.incomplete and self._skips_incomplete:
                outputs.append(self._stateless(record, self._writer.skipped(record, event)))
            elif not self._valid_at or record.offset >= self._valid_at.get(event.entity, 0):
                rows.append(len(outputs))
                outputs.append(None)
                scored.append(record)
                events.append(event)
        changed: dict[bytes, int] = {}
        if scored:
            decisions = self._decide(events)
            made = self._writer.scored(scored, events, decisions)
            for row, record, event, outgoing in zip(rows, scored, events, made, strict=True):
                changed.setdefault(event.entity, record.offset)
                outputs[row] = Output(event.entity, record.offset, outgoing)
        return Step([output for output in outputs if output is not None], changed)

    def dump(self, entity: bytes) -> bytes:
        """The entity's detector as versioned, checksummed bytes."""
        return self._bank.dump(entity)

    def load(self, entity: bytes, state: bytes, valid_at: int) -> None:
        """Put a dumped detector in place; it holds every record below offset `valid_at`.

        Raises models.errors.CorruptState or IncompatibleState, and then changes nothing.
        """
        self._bank.load(entity, state)
        self._valid_at[entity] = valid_at

    def forget(self, entity: bytes) -> None:
        """Drop the entity's detector (nothing happens if there is none)."""
        self._bank.forget(entity)
        self._valid_at.pop(entity, None)

    def entities(self) -> Iterable[bytes]:
        """Every entity that has a detector."""
        return self._bank.keys()

    def observed(self) -> Observed:
        """See stream.metrics.Observable."""
        scores = np.concatenate(self._scores) if self._scores else np.zeros(0)
        observed = Observed(self._statuses, scores, self._rejected)
        self._statuses, self._rejected, self._scores = Counter(), Counter(), []
        return observed

    def _decide(self, events: Sequence[Event]) -> Decisions:
        slots = np.array([self._bank.slot(event.entity) for event in events], dtype=np.int64)
        values = np.array([event.values for event in events], dtype=np.float64)
        decisions = self._bank.process(slots, values)
        for status, count in enumerate(np.bincount(decisions.status).tolist()):
            self._statuses[STATUS_NAMES[status]] += count
        self._scores.append(decisions.score[decisions.status != WARMING])
        return decisions

    def _refused(self, record: Record, rejected: Rejected) -> Outgoing:
        return dead_letter(record, rejected, self._name, self._dead_letter_topic)

    def _stateless(self, record: Record, outgoing: Outgoing) -> Output:
        return Output(None, record.offset, outgoing)
