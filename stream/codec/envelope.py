"""What every input record says whatever it is about: its document, its entity and its time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from stream.codec.formats.reading import Read
from stream.codec.json_text import Undecodable, decode_json, shown
from stream.codec.keys import compile_key
from stream.codec.paths import compile_path
from stream.codec.reasons import RejectReason
from stream.codec.timestamps import LAST, to_microseconds
from stream.records import Record


class Rejected(NamedTuple):
    """A record that cannot be used."""

    reason: RejectReason
    detail: str
    """One sentence with the field and what was found there."""
    entity: bytes | None = None
    """Whom it is about, where that was still found."""
    time: int | None = None
    """Its event time in microseconds since the epoch, where that was still found."""
    traceback: str | None = None
    """Of a record on which the task failed: where."""


class Envelope(NamedTuple):
    """A record that can be read."""

    entity: bytes
    time: int
    """Microseconds since the epoch."""
    document: dict[str, Any]


class EnvelopeReader:
    """Reads the records of one input. Raises ValueError for a path that is none.

    key: field paths of the entity; empty means the record's key. timestamp: field path of the event
    time; None means the record's timestamp. read: makes a document of a value; see
    stream.codec.formats.reading.
    """

    def __init__(
        self, key: Sequence[str] = (), timestamp: str | None = None, read: Read = decode_json
    ) -> None:
        self._read = read
        self._key_of = compile_key(key)
        self._key_text = ", ".join(repr(path) for path in key)
        self._timestamp = timestamp
        self._get_time = None if timestamp is None else compile_path(timestamp)

    def open(self, record: Record) -> Envelope | Rejected:
        """What the record says, or why nobody can tell.

        Raises RegistryUnavailable while its schema cannot be had, and nothing else.
        """
        document = self.document(record)
        if isinstance(document, Rejected):
            return document
        entity = self._entity(record, document)
        if isinstance(entity, Rejected):
            return entity
        time = self._time_of(record, document)
        if isinstance(time, Rejected):
            return time._replace(entity=entity)
        return Envelope(entity, time, document)

    def entity(self, record: Record) -> bytes | Rejected:
        """Whom the record is about, or why nobody can say; looks at nothing else.

        Raises RegistryUnavailable as `open` does.
        """
        document = self.document(record)
        return document if isinstance(document, Rejected) else self._entity(record, document)

    def document(self, record: Record) -> dict[str, Any] | Rejected:
        """What the record's value holds; raises as `open` does."""
        if record.value is None:
            return Rejected(RejectReason.NULL_VALUE, "The record has neither a value nor a key.")
        document = self._read(record.value)
        return document if type(document) is dict else _not_a_document(document)

    def _entity(self, record: Record, document: dict[str, Any]) -> bytes | Rejected:
        entity = self._key_of(record, document)
        if entity is None:
            detail = f"The key at {self._key_text} must be text, a number or a boolean."
            return Rejected(RejectReason.MISSING_KEY, detail)
        return entity

    def _time_of(self, record: Record, document: dict[str, Any]) -> int | Rejected:
        if self._get_time is None:
            if record.timestamp < 0:
                return Rejected(RejectReason.MISSING_TIMESTAMP, "The record has no timestamp.")
            value: object = record.timestamp
            micros = record.timestamp * 1_000 if record.timestamp <= LAST // 1_000 else None
        else:
            value = self._get_time(document)
            if value is None:
                detail = f"The timestamp at {self._timestamp!r} is absent or null."
                return Rejected(RejectReason.MISSING_TIMESTAMP, detail)
            micros = to_microseconds(value)
        if micros is None:
            return Rejected(
                RejectReason.BAD_TIMESTAMP,
                f"The timestamp must be RFC 3339 or an epoch number, got {shown(value)}.",
            )
        return micros


def _not_a_document(document: object) -> Rejected:
    if isinstance(document, Undecodable):
        return Rejected(document.reason, document.detail)
    detail = f"The value must be an object, got {shown(document)}."
    return Rejected(RejectReason.NOT_AN_OBJECT, detail)
