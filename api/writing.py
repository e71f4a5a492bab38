"""Writing records for a task to read: checked by the task's own codec first, all or nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from time import time
from typing import Any, NamedTuple

import msgspec

from models.errors import CutstreamError
from stream.codec.envelope import Rejected
from stream.codec.paths import unread
from stream.records import Appended, Outgoing, Record
from stream.settings import Settings
from stream.settings.topics import ReadSettings

MOST_RECORDS = 1000
"""Records of one request."""
TOLD = 20
"""Faults that one answer tells."""
_encode = msgspec.json.Encoder().encode


class Value(NamedTuple):
    """One record to be written."""

    name: str
    """What a fault of it is told as."""
    key: bytes | None
    value: bytes


class WritesForbiddenError(CutstreamError):
    """This application writes nothing."""

    def __init__(self) -> None:
        super().__init__("This API only reads: api.writes must be true for it to write records.")


class NotConfiguredError(CutstreamError):
    """What is asked for needs a setting that is not there."""


class UnusableError(CutstreamError):
    """Some of the records could not be used by the task. Nothing was written."""

    def __init__(self, faults: Sequence[tuple[str, str]]) -> None:
        """faults: what is at fault, and why."""
        names = ", ".join(repr(name) for name, _ in faults[:TOLD])
        super().__init__(f"The request has faults in {names}.")
        self.faults = tuple(faults[:TOLD])


def check_writes(settings: Settings) -> None:
    """Raise WritesForbiddenError where the configuration does not let the API write."""
    if not settings.api.writes:
        raise WritesForbiddenError


def check_json(source: ReadSettings) -> None:
    """Raise NotConfiguredError for a topic whose records are in a format that is not written here."""
    if source.format != "json":
        raise NotConfiguredError(
            f"The format of the topic '{source.topic}' must be json for the API to write to it, "
            f"got {source.format}."
        )


def check_fields(item: Mapping[str, Any], paths: Sequence[str]) -> None:
    """Raise UnusableError for an item with fields that nobody would read: paths are of those that are read."""
    known = ", ".join(f"'{path}'" for path in paths)
    faults = [
        ("item", f"The field '{path}' of an item must be one of {known}, or be left out.")
        for path in unread(item, paths)
    ]
    if faults:
        raise UnusableError(faults)


def document(value: object, name: str) -> bytes:
    """A document as JSON. Raises UnusableError for text that is not Unicode; `name` says of what."""
    try:
        return _encode(value)
    except UnicodeEncodeError as error:
        raise UnusableError([(name, "Text must be Unicode without lone surrogates.")]) from error


def checked(
    topic: str, values: Sequence[Value], read: Callable[[Record], object]
) -> list[Outgoing]:
    """The records to be written, where the task can read every one. Raises UnusableError."""
    now = round(time() * 1000)
    faults = []
    for value in values:
        found = read(Record(topic, 0, 0, now, value.key, value.value, ()))
        if isinstance(found, Rejected):
            faults.append((value.name, found.detail))
    if faults:
        raise UnusableError(faults)
    return [Outgoing(topic, value.key, value.value) for value in values]


def places(appended: Sequence[Appended], log_topic: str) -> dict[str, Any]:
    """Where records are, as it is answered; `after` where a live state can be asked to hold them."""
    written = [place._asdict() for place in appended]
    own = [place for place in appended if place.topic == log_topic]
    last = own[-1] if own and len({place.partition for place in own}) == 1 else None
    return {"written": written, "after": None if last is None else f"{last[1]}:{last[2]}"}
