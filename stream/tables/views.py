"""Rows as the desk shows them: plain values for JSON, times in RFC 3339."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from models.errors import InvalidParameter
from stream.codec.timestamps import to_rfc3339
from stream.tables.alerts import AlertRow
from stream.tables.recommendations import RecommendationRow

STATES = ("open", "closed", "all")


def alert_view(row: AlertRow) -> dict[str, Any]:
    """An alert with its state."""
    noticed = row.acknowledged
    return {
        "id": row.id,
        "detector": row.detector,
        "entity": row.entity,
        "state": "open" if row.closed is None else "closed",
        "severity": row.peak.severity,
        "title": row.peak.title,
        "summary": row.peak.summary,
        "opened": to_rfc3339(row.opened),
        "last_seen": to_rfc3339(row.last_seen),
        "closed": None if row.closed is None else to_rfc3339(row.closed),
        "count": row.count,
        "peak": {
            "id": row.peak.id,
            "time": to_rfc3339(row.peak.time),
            "grade": row.peak.grade,
            "probability": row.peak.probability,
        },
        "acknowledged": noticed and {"time": to_rfc3339(noticed.time), "by": noticed.by},
        "received": to_rfc3339(row.received),
    }


def recommendation_view(row: RecommendationRow) -> dict[str, Any]:
    """What was recommended to a user last."""
    return {
        "id": row.id,
        "user": row.user,
        "time": to_rfc3339(row.time),
        "items": [msgspec.to_builtins(item) for item in row.items],
        "received": to_rfc3339(row.received),
    }


def selected(shown: list[dict[str, Any]], query: Mapping[str, str]) -> list[dict[str, Any]]:
    """The alerts that a query asks for, the one seen last first.

    query: `state` (open by default), `detector`, `severity`. Raises InvalidParameter.
    """
    state = query.get("state", "open")
    if state not in STATES:
        raise InvalidParameter("state", "the query", "one of " + ", ".join(STATES), state)
    wanted = {name: query[name] for name in ("detector", "severity") if name in query}
    if state != "all":
        wanted["state"] = state
    found = [each for each in shown if all(each[name] == wanted[name] for name in wanted)]
    return sorted(found, key=lambda each: str(each["last_seen"]), reverse=True)
