"""What the HTTP API and the command line ask of the logs, over any transport.

view       one detector: its scores, entities, states, kept up to date by `refresh`
predictions   one predictor: its predictions, kept up to date alike
refresher   a thread that refreshes views
scores     score records by entity, event time and status
entities   entities, counted, filtered and sorted
states     the newest snapshot of an entity
lag        how far a group is behind
tail       reading a topic on from where one stopped
intake, database, extract, cursors   what these stand on
"""

from __future__ import annotations

from stream.query.entities import SORT_KEYS, Entity, EntityPage, EntityQuery, SnapshotPlace, SortKey
from stream.query.lag import PartitionLag, partition_lags
from stream.query.predictions import PredictionView
from stream.query.refresher import Refresher
from stream.query.scores import ScoreIndex, ScorePage, ScoreQuery
from stream.query.states import StateIndex, StateSummary
from stream.query.view import DetectorTopics, DetectorView

__all__ = [
    "SORT_KEYS",
    "DetectorTopics",
    "DetectorView",
    "Entity",
    "EntityPage",
    "EntityQuery",
    "PartitionLag",
    "PredictionView",
    "Refresher",
    "ScoreIndex",
    "ScorePage",
    "ScoreQuery",
    "SnapshotPlace",
    "SortKey",
    "StateIndex",
    "StateSummary",
    "partition_lags",
]
