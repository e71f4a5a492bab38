"""Points in time as they are asked for and answered: RFC 3339, or epoch milliseconds."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import BeforeValidator, WithJsonSchema

from stream.codec.timestamps import FIRST, LAST, to_microseconds, to_rfc3339

RULE = "an RFC 3339 time such as 2024-05-01T12:00:00Z, or milliseconds since the epoch"
_MILLISECONDS = re.compile(r"-?[0-9]{1,15}")
# An unescaped + in a query string arrives as a space.
_SPACED_OFFSET = re.compile(r" (?=[0-9]{2}:[0-9]{2}$)")


def parse_instant(text: object) -> int:
    """Microseconds since the epoch; text without an offset is UTC. Raises ValueError."""
    micros = _micros(str(text))
    if micros is None or not FIRST <= micros <= LAST:
        raise ValueError(f"must be {RULE}")
    return micros


def _micros(text: str) -> int | None:
    if _MILLISECONDS.fullmatch(text):
        return int(text) * 1000
    spaced = _SPACED_OFFSET.search(text, 11)
    return to_microseconds(f"{text[: spaced.start()]}+{text[spaced.end() :]}" if spaced else text)


Instant = Annotated[
    int,
    BeforeValidator(parse_instant),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "format": "date-time"},
                {"type": "integer", "minimum": -(-FIRST // 1000), "maximum": LAST // 1000},
            ]
        }
    ),
]


def instant_text(micros: int | None) -> str | None:
    """RFC 3339 in UTC, or None for None."""
    return None if micros is None else to_rfc3339(micros)
