"""What a record of a log is, where records of several kinds stand in one order."""

from __future__ import annotations

from enum import StrEnum

from stream.records import Record

KIND = "cutstream-kind"
"""The header that says it."""


class Kind(StrEnum):
    """What a record tells its reader."""

    EVENT = "event"
    INTERACTION = "interaction"
    ITEM = "item"
    USER = "user"
    REQUEST = "request"
    LABEL = "label"
    CONTROL = "control"


def kind_header(kind: Kind) -> tuple[str, bytes]:
    """The header of a record of this kind."""
    return KIND, kind.value.encode()


def kind_of(record: Record) -> str | None:
    """What the last such header of a record says, which need not be a `Kind`; None without one.

    Whoever puts records in order adds it behind all others, so that no producer can claim another.
    """
    for name, value in reversed(record.headers):
        if name == KIND:
            return value.decode("utf-8", "replace")
    return None
