"""What sequencing does with the records of one input partition."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

import numpy as np

from stream.codec import Rejected, RejectReason, dead_letter
from stream.codec.cloud_events import Owner
from stream.codec.kinds import Kind
from stream.codec.origin import with_origin
from stream.metrics import Observed
from stream.records import Outgoing, Record
from stream.tasks.protocol import ModelError, Output, Step

KeyOf = Callable[[Record], bytes | Rejected]
"""The key that a record's copy gets, or why it has none."""


class SequenceState:
    """No state at all: one internal record, or one dead letter, for every input record.

    owner, section: what dead letters call the task that refused them. kind: what the copies are marked as;
    None leaves them unmarked. key_of: None leaves every record its key, and refuses none.
    """

    def __init__(
        self,
        owner: str,
        *,
        target: str,
        kind: Kind | None,
        key_of: KeyOf | None,
        dead_letter_topic: str,
        content_type: str,
        section: Owner,
    ) -> None:
        self._owner = owner
        self._target = target
        self._kind = kind
        self._key_of = key_of
        self._dead_letter_topic = dead_letter_topic
        self._content_type = content_type
        self._section = section
        self._rejected: Counter[str] = Counter()

    def process(self, records: Sequence[Record]) -> Step:
        """Copy a batch. A record without a value keeps its key, which names what it is to delete.

        Raises RegistryUnavailable while a schema cannot be had, and then nothing was counted.
        """
        keys = [self._key(record) for record in records]
        made = zip(records, map(self._copied, records, keys), strict=True)
        return Step([Output(None, record.offset, outgoing) for record, outgoing in made], {})

    def entity_of(self, record: Record) -> bytes | None:
        """None: no entity has state."""

    def refuse(self, record: Record, error: ModelError) -> Output:
        """The dead letter for a record on which the task failed."""
        refused = Rejected(RejectReason.MODEL_ERROR, error.detail, traceback=error.traceback)
        return Output(None, record.offset, self._refused(record, refused))

    def __contains__(self, entity: object) -> bool:
        return False

    def dump(self, entity: bytes) -> bytes:
        """Raises KeyError: no entity has state."""
        raise KeyError(entity)

    def load(self, entity: bytes, state: bytes, valid_at: int) -> None:  # noqa: ARG002 - a contract
        """Raises KeyError: no entity has state."""
        raise KeyError(entity)

    def forget(self, entity: bytes, valid_at: int = 0) -> None:
        """Nothing happens: no entity has state."""

    def entities(self) -> Iterable[bytes]:
        """None."""
        return ()

    def observed(self) -> Observed:
        """See stream.metrics.Observable."""
        observed = Observed(Counter(), np.zeros(0), self._rejected)
        self._rejected = Counter()
        return observed

    def _key(self, record: Record) -> bytes | Rejected | None:
        if self._key_of is None or (record.value is None and record.key):
            return record.key
        return self._key_of(record)

    def _copied(self, record: Record, key: bytes | Rejected | None) -> Outgoing:
        if isinstance(key, Rejected):
            return self._refused(record, key)
        # The log stamps it with the time of arrival: retention must not take an unread record
        # because its event is old. The record's own timestamp goes on among the headers.
        return Outgoing(self._target, key, record.value, with_origin(record, self._kind))

    def _refused(self, record: Record, rejected: Rejected) -> Outgoing:
        self._rejected[rejected.reason] += 1
        return dead_letter(
            record,
            rejected,
            self._owner,
            self._dead_letter_topic,
            self._content_type,
            self._section,
        )
