"""The table of recommendations: one row per user, for what was recommended last."""

from __future__ import annotations

import msgspec

from stream.tables.reading import Item, Recommendation


class RecommendationRow(msgspec.Struct, frozen=True):
    """The latest recommendation for one user."""

    id: str
    user: str
    time: int
    """Event time."""
    items: tuple[Item, ...]
    """The best first."""
    offset: int
    """Of the record in its partition."""
    received: int
    """When the record came to the desk, by the clock on the wall."""


def take(
    row: RecommendationRow | None, told: Recommendation, offset: int, received: int
) -> RecommendationRow:
    """The row of the later of the two records: by event time, among equals by offset.

    So whatever order they come in, and however often, the row is the same in the end.
    """
    if row is not None and (told.id == row.id or (told.time, offset) <= (row.time, row.offset)):
        return row
    return RecommendationRow(told.id, told.user, told.time, told.items, offset, received)


def is_stale(row: RecommendationRow, keep: int, now: int) -> bool:
    """Whether nothing has been recommended to the user for longer than `keep`."""
    return now > row.received + keep
