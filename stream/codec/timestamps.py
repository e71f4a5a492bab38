"""Event times: to microseconds since the epoch, and to RFC 3339 text."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np

from stream.codec.formats.values import microseconds_of

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NAIVE_EPOCH = datetime(1970, 1, 1)
_MICROSECOND = timedelta(microseconds=1)
FIRST = (datetime.min.replace(tzinfo=UTC) - _EPOCH) // _MICROSECOND
LAST = (datetime.max.replace(tzinfo=UTC) - _EPOCH) // _MICROSECOND

_SECONDS_BELOW, _MILLISECONDS_BELOW, _MICROSECONDS_BELOW = 10**11, 10**14, 10**17
"""In seconds, 1e11 is the year 5138; in milliseconds 1973. The same holds for each next unit."""


def to_microseconds(value: object) -> int | None:
    """Microseconds since the epoch of an RFC 3339 text or an epoch number; None if it is neither.

    Text without an offset is UTC. A number's unit follows from its magnitude: below 1e11 seconds,
    below 1e14 milliseconds, below 1e17 microseconds, else nanoseconds. Digits beyond microseconds
    are cut off. What a format itself says to be a moment or a day is taken as such.
    """
    kind = type(value)
    if kind is str:
        micros = _of_text(value)  # type: ignore[arg-type]  # its type was just compared
    elif kind is int or kind is float:
        micros = _of_number(value)  # type: ignore[arg-type]  # its type was just compared
    else:
        micros = microseconds_of(value)
    return micros if micros is not None and FIRST <= micros <= LAST else None


def to_rfc3339(micros: int) -> str:
    """RFC 3339 text in UTC with six fractional digits and `Z`; FIRST <= micros <= LAST."""
    moment = _NAIVE_EPOCH + micros * _MICROSECOND
    return moment.isoformat(timespec="microseconds") + "Z"


def all_to_rfc3339(micros: Sequence[int]) -> list[str]:
    """`to_rfc3339` of each, several times faster than one by one."""
    moments = np.array(micros, dtype=np.int64).astype("datetime64[us]")
    texts: list[str] = np.datetime_as_string(moments, timezone="UTC").tolist()
    return texts


def _of_text(text: str) -> int | None:
    # fromisoformat also takes forms such as 20240501 or 2024-W18, which look like other things.
    if len(text) < 10 or text[4] != "-" or text[7] != "-":
        return None
    try:
        moment = datetime.fromisoformat(text.upper())
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - _EPOCH) // _MICROSECOND


def _of_number(number: int | float) -> int | None:
    magnitude = abs(number)
    if magnitude < _SECONDS_BELOW:
        return round(number * 1_000_000)
    if magnitude < _MILLISECONDS_BELOW:
        return round(number * 1_000)
    if magnitude < _MICROSECONDS_BELOW:
        return int(number)
    return int(number // 1_000) if magnitude < 10**20 else None
