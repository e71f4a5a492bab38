"""The tables of a desk as one: records come in, time passes, rows are asked for."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, TypeVar

import msgspec

from stream.codec import Severity
from stream.codec.json_text import Undecodable
from stream.records import Record, TopicPartition
from stream.tables.alerts import AlertRow, Episodes, acknowledge, watermarks
from stream.tables.keys import partition_of, row_key
from stream.tables.reading import Unreadable, read_alert, read_recommendation
from stream.tables.recommendations import RecommendationRow, is_stale, take

Table = MutableMapping[str, Any]
"""Row key -> row, as plain values for JSON."""
Outcome = Literal["taken", "repeated", "unreadable"]
"""What came of a record: its row is another now, is as it was, or there is none for it."""

log = logging.getLogger(__name__)
_Row = TypeVar("_Row", AlertRow, RecommendationRow)


class Found(NamedTuple):
    """A row of alerts, and where it is."""

    table: Table
    key: str
    row: AlertRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """Tables of alerts and recommendations, by source topic.

    episodes: how rows of alerts change.
    keep_recommendations: for how long a user's row is kept, in microseconds.
    alert_json: the value of an alert record, in whatever format, as JSON.
    owns: whether the rows of a source partition are this process's; others may be out of date.
    """

    alerts: Mapping[str, Table]
    recommendations: Mapping[str, Table]
    episodes: Episodes
    keep_recommendations: int
    alert_json: Callable[[bytes], bytes | Undecodable]
    owns: Callable[[TopicPartition], bool]

    def take(self, record: Record, now: int) -> Outcome:
        """Put a record into its row. A record that cannot be read is told of and passed over.

        Raises RegistryUnavailable where the schema of an alert cannot be had.
        """
        if record.topic in self.alerts:
            return self._take_alert(self.alerts[record.topic], record, now)
        return self._take_recommendation(self.recommendations[record.topic], record, now)

    def pass_time(self, now: int) -> dict[Severity, int]:
        """Close what has been quiet, drop what is kept no longer; returns how many are open."""
        found = list(self.alert_rows())
        marks = watermarks((each.row for each in found), now)
        still_open: dict[Severity, int] = {"info": 0, "warning": 0, "critical": 0}
        for table, key, row in found:
            left = self.episodes.pass_time(row, marks[row.detector], now)
            _put(table, key, row, left)
            if left is not None and left.closed is None:
                still_open[left.peak.severity] += 1
        for told_in, key, told in list(self._rows(self.recommendations, RecommendationRow)):
            if is_stale(told, self.keep_recommendations, now):
                del told_in[key]
        return still_open

    def acknowledge(self, detector: str, entity: str, by: str | None, now: int) -> AlertRow | None:
        """Acknowledge the alert of an entity; None if there is none."""
        found = self.alert_of(detector, entity)
        if found is None:
            return None
        noticed = acknowledge(found.row, by, now)
        _put(found.table, found.key, found.row, noticed)
        return noticed

    def alert_rows(self) -> Iterator[Found]:
        """Every row of alerts."""
        return (Found(*each) for each in self._rows(self.alerts, AlertRow))

    def alert_of(self, detector: str, entity: str) -> Found | None:
        """The latest row of an entity: one that has moved to another partition has several."""
        wanted = (detector, entity)
        found = [
            each for each in self.alert_rows() if (each.row.detector, each.row.entity) == wanted
        ]
        return max(found, key=lambda each: each.row.last_seen, default=None)

    def recommendation_of(self, user: str) -> RecommendationRow | None:
        """The latest row of a user."""
        found = [
            row
            for _, _, row in self._rows(self.recommendations, RecommendationRow)
            if row.user == user
        ]
        return max(found, key=lambda row: row.time, default=None)

    def _take_alert(self, table: Table, record: Record, now: int) -> Outcome:
        value = self.alert_json(record.value or b"")
        if isinstance(value, Undecodable):
            return _passed_over(record, Unreadable(value.detail))
        alert = read_alert(record._replace(value=value))
        if isinstance(alert, Unreadable):
            return _passed_over(record, alert)
        key = row_key(record.partition, alert.detector, alert.entity)
        row = _row(table, key, AlertRow)
        return _put(table, key, row, self.episodes.take(row, alert, now))

    def _take_recommendation(self, table: Table, record: Record, now: int) -> Outcome:
        if record.value is None and record.key:
            return _forget(table, record, record.key)
        told = read_recommendation(record)
        if isinstance(told, Unreadable):
            return _passed_over(record, told)
        key = row_key(record.partition, told.user)
        row = _row(table, key, RecommendationRow)
        return _put(table, key, row, take(row, told, record.offset, now))

    def _rows(
        self, tables: Mapping[str, Table], kind: type[_Row]
    ) -> Iterator[tuple[Table, str, _Row]]:
        for topic, table in tables.items():
            for key in list(table):
                row = _row(table, key, kind)
                if row is not None and self.owns(TopicPartition(topic, partition_of(key))):
                    yield table, key, row


def _forget(table: Table, record: Record, user: bytes) -> Outcome:
    """A user is forgotten, and of the row what was there before the record that says so."""
    key = row_key(record.partition, user.decode("utf-8", "replace"))
    row = _row(table, key, RecommendationRow)
    newer = row is not None and row.offset > record.offset
    return _put(table, key, row, row if newer else None)


def _row(table: Table, key: str, kind: type[_Row]) -> _Row | None:
    value = table.get(key)
    return None if value is None else msgspec.convert(value, kind)


def _put(table: Table, key: str, old: _Row | None, new: _Row | None) -> Outcome:
    if new is old:
        return "repeated"
    if new is None:
        del table[key]
    else:
        table[key] = msgspec.to_builtins(new)
    return "taken"


def _passed_over(record: Record, unreadable: Unreadable) -> Outcome:
    place = f"{record.topic}-{record.partition}@{record.offset}"
    log.warning("Passed over the record %s: %s", place, unreadable.detail)
    return "unreadable"
