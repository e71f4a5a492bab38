"""The table of alerts: one row per detector and entity, for its latest episode.

An episode is a run of alerts of which none comes more than the quiet time after the one before, by
event time. So what a row tells of it follows from the log alone; only when an episode counts as
closed is also a matter of the clock on the wall.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from stream.codec import Severity
from stream.codec.score import Source
from stream.tables.reading import Alert


class Peak(msgspec.Struct, frozen=True):
    """The alert of the highest grade, the first of equals."""

    id: str
    time: int
    grade: float
    probability: float | None
    severity: Severity
    title: str
    summary: str


class Acknowledgement(msgspec.Struct, frozen=True):
    """That someone has taken notice."""

    time: int
    by: str | None = None


class AlertRow(msgspec.Struct, frozen=True):
    """The latest episode of one detector and entity."""

    id: str
    """Of the alert that opened it."""
    detector: str
    entity: str
    opened: int
    """Event time of the alert that opened it."""
    last_seen: int
    """The greatest event time."""
    count: int
    """Alerts of the episode."""
    peak: Peak
    received: int
    """When the latest of its records came to the desk, by the clock on the wall."""
    seen: dict[str, int]
    """`topic/partition` of input records -> the offset of the last one whose alert was taken."""
    closed: int | None = None
    """Event time at which it had been quiet for long enough; None while it is open."""
    acknowledged: Acknowledgement | None = None


@dataclass(frozen=True, slots=True)
class Episodes:
    """How rows change.

    quiet: how long nothing must come until an episode is over, > 0.
    keep: for how long a closed one is kept, >= 0. Within it, records that come again are known.
    """

    quiet: int
    keep: int

    def take(self, row: AlertRow | None, alert: Alert, received: int) -> AlertRow:
        """The row with one more alert in it, or `row` itself if it holds the alert already."""
        if row is not None and _holds(row, alert):
            return row
        seen = {**(row.seen if row is not None else {}), _place(alert.source): alert.source.offset}
        if row is None or alert.time > row.last_seen + self.quiet:
            return AlertRow(
                alert.id,
                alert.detector,
                alert.entity,
                alert.time,
                alert.time,
                1,
                _peak(alert),
                received,
                seen,
            )
        return msgspec.structs.replace(
            row,
            last_seen=max(row.last_seen, alert.time),
            count=row.count + 1,
            peak=_peak(alert) if alert.grade > row.peak.grade else row.peak,
            received=received,
            seen=seen,
            closed=None,
        )

    def pass_time(self, row: AlertRow, watermark: int, now: int) -> AlertRow | None:
        """The row as it is at `now`: itself, closed, or None when it is kept no longer.

        watermark: how far event time is known to have come, for the row's detector.
        """
        if row.closed is not None:
            return None if now > row.received + self.quiet + self.keep else row
        end = row.last_seen + self.quiet
        over = watermark > end or now > row.received + self.quiet
        return msgspec.structs.replace(row, closed=end) if over else row


def acknowledge(row: AlertRow, by: str | None, now: int) -> AlertRow:
    """The row with the acknowledgement; the first one stays."""
    if row.acknowledged is not None:
        return row
    return msgspec.structs.replace(row, acknowledged=Acknowledgement(now, by))


def watermarks(rows: Iterable[AlertRow], now: int) -> dict[str, int]:
    """By detector, the greatest event time of its alerts, `now` at most.

    An entity whose clock is ahead must not make the others look old.
    """
    found: dict[str, int] = {}
    for row in rows:
        found[row.detector] = max(found.get(row.detector, row.last_seen), row.last_seen)
    return {detector: min(time, now) for detector, time in found.items()}


def _holds(row: AlertRow, alert: Alert) -> bool:
    # A topic that was made anew counts its offsets from 0 again, but time goes on.
    taken = row.seen.get(_place(alert.source), -1)
    return alert.source.offset <= taken and alert.time <= row.last_seen


def _place(source: Source) -> str:
    return f"{source.topic}/{source.partition}"


def _peak(alert: Alert) -> Peak:
    return Peak(
        alert.id,
        alert.time,
        alert.grade,
        alert.probability,
        alert.severity,
        alert.title,
        alert.summary,
    )
