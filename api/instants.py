"""Points in time as they are asked for and answered: RFC 3339, or a number since the epoch."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import BeforeValidator, WithJsonSchema

from stream.codec.timestamps import FIRST, to_microseconds, to_rfc3339

RULE = "an RFC 3339 time such as 2024-05-01T12:00:00Z, or an integer since the epoch"
UNITS = "seconds below 1e11, milliseconds below 1e14, microseconds below 1e17, else nanoseconds"
_FIRST_SECOND = -(-FIRST // 10**6)
_INTEGER = re.compile(r"-?[0-9]{1,20}")
# An unescaped + in a query string arrives as a space.
_SPACED_OFFSET = re.compile(r" (?=[0-9]{2}:[0-9]{2}$)")


def parse_instant(text: object) -> int:
    """Microseconds since the epoch; text without an offset is UTC, an integer is read by UNITS.

    Raises ValueError.
    """
    micros = _micros(str(text))
    if micros is None:
        raise ValueError(f"must be {RULE}")
    return micros


def _micros(text: str) -> int | None:
    if _INTEGER.fullmatch(text):
        number = int(text)
        # Below it, a number could only be meant in a smaller unit, and text says that better.
        return to_microseconds(number) if number >= _FIRST_SECOND else None
    spaced = _SPACED_OFFSET.search(text, 11)
    return to_microseconds(f"{text[: spaced.start()]}+{text[spaced.end() :]}" if spaced else text)


Instant = Annotated[
    int,
    BeforeValidator(parse_instant),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "format": "date-time"},
                {"type": "integer", "minimum": _FIRST_SECOND, "maximum": 10**20 - 1},
            ]
        }
    ),
]


def instant_text(micros: int | None) -> str | None:
    """RFC 3339 in UTC, or None for None."""
    return None if micros is None else to_rfc3339(micros)
