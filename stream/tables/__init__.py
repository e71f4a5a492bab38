"""The desk's tables: rows, and how each record and the passing of time change them.

Pure functions of rows, records and times, all times in microseconds since the epoch.
"""

from stream.tables.alerts import AlertRow, Episodes
from stream.tables.keys import partition_of, row_key
from stream.tables.ledger import Ledger, Outcome
from stream.tables.recommendations import RecommendationRow

__all__ = [
    "AlertRow",
    "Episodes",
    "Ledger",
    "Outcome",
    "RecommendationRow",
    "partition_of",
    "row_key",
]
