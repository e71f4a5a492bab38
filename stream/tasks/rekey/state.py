"""What re-keying does with the records of one input partition."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np

from stream.codec import InputDecoder, Rejected, RejectReason, dead_letter
from stream.codec.origin import with_origin
from stream.metrics import Observed
from stream.records import Outgoing, Record
from stream.tasks.protocol import ModelError, Output, Step


class RekeyState:
    """No state at all: one internal record, or one dead letter, for every input record.

    name: what dead letters call the task that refused them.
    """

    def __init__(
        self,
        name: str,
        decoder: InputDecoder,
        *,
        topic: str,
        dead_letter_topic: str,
        content_type: str,
    ) -> None:
        self._name = name
        self._entity = decoder.entity
        self._topic = topic
        self._dead_letter_topic = dead_letter_topic
        self._content_type = content_type
        self._rejected: Counter[str] = Counter()

    def process(self, records: Sequence[Record]) -> Step:
        """Key a batch anew. A record without a value keeps its key, which names an entity.

        Raises RegistryUnavailable while a schema cannot be had, and then nothing was counted.
        """
        entities = [self._entity_in(record) for record in records]
        made = zip(records, map(self._rekeyed, records, entities), strict=True)
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

    def _entity_in(self, record: Record) -> bytes | Rejected:
        key = record.key if record.value is None else None
        return key or self._entity(record)

    def _rekeyed(self, record: Record, entity: bytes | Rejected) -> Outgoing:
        if isinstance(entity, Rejected):
            return self._refused(record, entity)
        # The log stamps it with the time of arrival: retention must not take an unread record
        # because its event is old. The record's own timestamp goes on among the headers.
        return Outgoing(self._topic, entity, record.value, with_origin(record))

    def _refused(self, record: Record, rejected: Rejected) -> Outgoing:
        self._rejected[rejected.reason] += 1
        return dead_letter(
            record, rejected, self._name, self._dead_letter_topic, self._content_type
        )
