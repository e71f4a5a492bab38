"""Processing a batch of which some record makes the task raise.

Each entity's records are taken on their own, with an image of the entity's state from before them.
Where they raise, the image is put back, and they are taken in halves, until the culprit stands
alone: it goes to the dead letters, and the entity goes on as if it had not been there. So the
outcome depends on the entity's own records alone, and a replay comes to the same.

One culprit among n records of an entity costs about 2 * log2(n) images and 2 * n records.

A shared state is too large for images. Its records are taken one by one, and the one that raises is
the culprit; the partition is rebuilt from the log, and goes on with that record refused.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from stream.errors import ConfigError, RecoveryError, TransportError
from stream.records import Record
from stream.runtime.model_errors import model_error
from stream.tasks.protocol import WHOLE, ModelError, PartitionState, Step

NOT_OF_THE_RECORD = (TransportError, RecoveryError, ConfigError, MemoryError, OSError)
"""Exceptions that are about the log or the machine, and would come with any record."""


class ProcessingFailedError(Exception):
    """The task raised, so the partition's state is half-changed and has to be rebuilt."""

    def __init__(self, offset: int, cause: Exception, culprit: ModelError | None = None) -> None:
        self.offset = offset
        """Of the first record of the batch."""
        self.culprit = culprit
        """Where that record is known to be the one on which it raised: what came of it."""
        super().__init__(f"The task failed in the batch from offset {offset}: {cause!r}.")


class Outcome(NamedTuple):
    """What a batch did, and how many of its records went to the dead letters for an exception."""

    step: Step
    refused: int


def process(state: PartitionState, records: Sequence[Record]) -> Outcome:
    """Process a batch at once. Raises ProcessingFailedError."""
    try:
        return Outcome(state.process(records), 0)
    except NOT_OF_THE_RECORD:
        raise
    except Exception as error:
        raise ProcessingFailedError(records[0].offset, error) from error


def process_carefully(
    state: PartitionState, records: Sequence[Record], held: Mapping[bytes, int]
) -> Outcome:
    """Process a batch so that no exception of the task comes through.

    held: entity -> offset below which its state holds all records, where it was loaded.
    """
    groups: dict[bytes | None, list[Record]] = {}
    for record in records:
        entity = _entity_of(state, record)
        if entity is None or record.offset >= held.get(entity, 0):
            groups.setdefault(entity, []).append(record)
    # The others may look at what belongs to the whole partition, which knows what it was at each offset.
    order = sorted(groups, key=lambda entity: entity != WHOLE)
    outcomes = [outcome for entity in order for outcome in _attempt(state, entity, groups[entity])]
    return Outcome(
        _merged([outcome.step for outcome in outcomes]),
        sum(outcome.refused for outcome in outcomes),
    )


def process_shared(
    state: PartitionState,
    records: Sequence[Record],
    culprits: Mapping[int, ModelError],
    held: int,
    *,
    carefully: bool,
) -> Outcome:
    """Process a batch of a shared state, with the culprits among its records refused.

    held: the offset below which the state holds all records. carefully: take them one by one.
    Raises ProcessingFailedError, which names the culprit if they were.
    """
    known_among = culprits and any(record.offset in culprits for record in records)
    if not carefully and not known_among:
        return process(state, records)
    steps, refused = [], 0
    for record in records:
        if record.offset < held:
            continue
        known = culprits.get(record.offset)
        if known is not None:
            steps.append(Step([state.refuse(record, known)], {}))
            refused += 1
            continue
        handled = sys.exc_info()[1]
        try:
            steps.append(state.process([record]))
        except NOT_OF_THE_RECORD:
            raise
        except Exception as error:
            culprit = model_error(error, __name__, handled)
            raise ProcessingFailedError(record.offset, error, culprit) from error
    return Outcome(_merged(steps), refused)


def _entity_of(state: PartitionState, record: Record) -> bytes | None:
    try:
        return state.entity_of(record)
    except NOT_OF_THE_RECORD:
        raise
    except Exception:  # whatever it is, `process` will say it again and be heard
        return None


def _attempt(
    state: PartitionState, entity: bytes | None, group: Sequence[Record]
) -> Iterable[Outcome]:
    image = None if entity is None or entity not in state else state.dump(entity)
    handled = sys.exc_info()[1]
    try:
        return [Outcome(state.process(group), 0)]
    except NOT_OF_THE_RECORD:
        raise
    except Exception as error:
        if entity is not None:
            _put_back(state, entity, image, group[0].offset)
        if len(group) == 1:
            letter = state.refuse(group[0], model_error(error, __name__, handled))
            return [Outcome(Step([letter], {}), 1)]
    middle = len(group) // 2
    return [*_attempt(state, entity, group[:middle]), *_attempt(state, entity, group[middle:])]


def _put_back(state: PartitionState, entity: bytes, image: bytes | None, offset: int) -> None:
    state.forget(entity, offset)
    if image is not None:
        state.load(entity, image, offset)


def _merged(steps: Sequence[Step]) -> Step:
    """The steps of entities taken one after another, as the step of their batch."""
    outputs = [output for step in steps for output in step.outputs]
    outputs.sort(key=lambda output: output.offset)
    changed: dict[bytes, int] = {}
    forgotten: dict[bytes, int] = {}
    for step in steps:
        for entity, offset in step.changed.items():
            changed[entity] = min(offset, changed.get(entity, offset))
        for entity, offset in step.forgotten.items():
            forgotten[entity] = max(offset, forgotten.get(entity, offset))
    return Step(outputs, changed, forgotten)
