"""The desk's tables: rows, and how each record and the passing of time change them.

Pure functions of rows, records and times, all times in microseconds since the epoch.
"""

from stream.tables.alerts import AlertRow, Episodes, acknowledge, watermarks
from stream.tables.keys import partition_of, row_key
from stream.tables.reading import Alert, Recommendation, Unreadable, read_alert, read_recommendation
from stream.tables.recommendations import RecommendationRow, is_stale, take

__all__ = [
    "Alert",
    "AlertRow",
    "Episodes",
    "Recommendation",
    "RecommendationRow",
    "Unreadable",
    "acknowledge",
    "is_stale",
    "partition_of",
    "read_alert",
    "read_recommendation",
    "row_key",
    "take",
    "watermarks",
]
