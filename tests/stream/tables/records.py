"""Alert and recommendation records for the desk's tables."""

from __future__ import annotations

from typing import Any

import msgspec

from stream.codec.timestamps import to_rfc3339
from stream.records import Record

SECOND = 1_000_000
NOON = 1_714_564_800 * SECOND
ALERTS, RECOMMENDATIONS = "flows.alerts", "people.recommendations"


def alert(
    offset: int,
    seconds: float,
    *,
    entity: str = "a",
    grade: float = 0.5,
    partition: int = 0,
    detector: str = "pipes",
    **fields: Any,
) -> Record:
    """The alert of the input record at `offset`, `seconds` after noon."""
    value = {
        "id": f"flows-{partition}-{offset}-{detector}-alert",
        "detector": detector,
        "entity": entity,
        "time": to_rfc3339(NOON + round(seconds * SECOND)),
        "grade": grade,
        "title": f"alert {offset}",
        "summary": f"seen at {offset}",
        "source": {"topic": "flows", "partition": partition, "offset": offset},
        **fields,
    }
    return record(ALERTS, msgspec.json.encode(value), entity.encode(), offset, partition)


def recommendation(
    offset: int, seconds: float, *, user: str = "u", items: tuple[str, ...] = ("x",), **fields: Any
) -> Record:
    """The recommendation at `offset`, `seconds` after noon."""
    value = {
        "user": user,
        "items": [{"item": item, "score": 0.5, "source": "trending"} for item in items],
        "id": f"r{offset}",
        "time": to_rfc3339(NOON + round(seconds * SECOND)),
        **fields,
    }
    return record(RECOMMENDATIONS, msgspec.json.encode(value), user.encode(), offset)


def record(
    topic: str, value: bytes | None, key: bytes | None = b"k", offset: int = 0, partition: int = 0
) -> Record:
    """A record of any value."""
    return Record(topic, partition, offset, NOON // 1_000, key, value, ())
