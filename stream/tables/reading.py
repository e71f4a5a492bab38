"""Records of the alert and recommendation topics, read with tolerance.

Unknown fields are ignored, and what a row can do without may be missing. What cannot be used is a
value, `Unreadable`; nothing here raises.
"""

from __future__ import annotations

from typing import Annotated, NamedTuple

import msgspec
from msgspec import Meta

from stream.codec import Severity
from stream.codec.alert import severity_of
from stream.codec.score import Source
from stream.codec.timestamps import to_microseconds
from stream.records import Record

Name = Annotated[str, Meta(min_length=1)]


class Unreadable(NamedTuple):
    """A record that the desk cannot use."""

    detail: str
    """One sentence with the reason."""


class Alert(NamedTuple):
    """What the desk needs of an alert record."""

    id: str
    detector: str
    entity: str
    time: int
    grade: float
    probability: float | None
    severity: Severity
    title: str
    summary: str
    source: Source


class Item(msgspec.Struct, frozen=True, omit_defaults=True):
    """One recommended item."""

    item: str | int
    score: float | None = None
    source: str | None = None


class Recommendation(NamedTuple):
    """What the desk needs of a recommendation record."""

    id: str
    user: str
    time: int
    items: tuple[Item, ...]


class _AlertValue(msgspec.Struct):
    id: Name
    detector: Name
    entity: Name
    time: str
    source: Source
    grade: Annotated[float, Meta(ge=0.0, le=1.0)]
    probability: float | None = None
    severity: Severity | None = None
    title: str | None = None
    summary: str = ""


class _RecommendationValue(msgspec.Struct):
    items: tuple[Item, ...]
    user: str | int | None = None
    id: str | int | None = None
    time: str | int | float | None = None


_decode_alert = msgspec.json.Decoder(_AlertValue).decode
_decode_recommendation = msgspec.json.Decoder(_RecommendationValue).decode


def read_alert(record: Record) -> Alert | Unreadable:
    """The alert in a record's value (JSON)."""
    try:
        told = _decode_alert(record.value or b"")
    except (msgspec.MsgspecError, ValueError) as error:
        return Unreadable(f"The value is no alert record: {error}.")
    time = to_microseconds(told.time)
    if time is None:
        return Unreadable(f"The time of an alert must be RFC 3339, got {told.time!r}.")
    return Alert(
        told.id,
        told.detector,
        told.entity,
        time,
        told.grade,
        told.probability,
        told.severity or severity_of(told.grade),
        told.title or f"{told.detector}: {told.entity}",
        told.summary,
        told.source,
    )


def read_recommendation(record: Record) -> Recommendation | Unreadable:
    """The recommendation in a record's value (JSON).

    Without the fields `user`, `time` and `id`, these are the record's key, timestamp and place.
    """
    try:
        told = _decode_recommendation(record.value or b"")
        user = (record.key or b"").decode() if told.user is None else str(told.user)
    except (msgspec.MsgspecError, ValueError) as error:
        return Unreadable(f"The value is no recommendation record: {error}.")
    if not user:
        return Unreadable("A recommendation must name its user, by its key or its field `user`.")
    place = f"{record.topic}-{record.partition}-{record.offset}"
    time = record.timestamp * 1_000 if told.time is None else to_microseconds(told.time)
    if time is None:
        return Unreadable(f"The time of a recommendation must be RFC 3339, got {told.time!r}.")
    return Recommendation(place if told.id is None else str(told.id), user, time, told.items)
