"""The JSON Schemas (2020-12) of what cutstream writes, made from the types that write it."""

from __future__ import annotations

from typing import Any

import msgspec

from models.errors import InvalidParameter
from stream.codec.alert import AlertRecord
from stream.codec.dead_letters import DeadLetterHeaders
from stream.codec.json_schema import json_schema
from stream.codec.prediction.change import ChangeRecord
from stream.codec.prediction.control import Promotion
from stream.codec.prediction.measured import MetricsRecord
from stream.codec.prediction.record import PredictionRecord
from stream.codec.recommendation.measured import RecommenderMetricsRecord
from stream.codec.recommendation.record import RecommendationRecord
from stream.codec.recommendation.requests import RequestValue
from stream.codec.score import ScoreRecord

_TYPES: dict[str, type[msgspec.Struct]] = {
    "score": ScoreRecord,
    "alert": AlertRecord,
    "dead-letter": DeadLetterHeaders,
    "prediction": PredictionRecord,
    "prediction-metrics": MetricsRecord,
    "model-change": ChangeRecord,
    "promotion": Promotion,
    "recommendation": RecommendationRecord,
    "recommendation-metrics": RecommenderMetricsRecord,
    "recommendation-request": RequestValue,
}
SCHEMAS = tuple(_TYPES)
"""The names of the schemas: the values of records, and the headers of a dead letter."""


def schema(name: str) -> dict[str, Any]:
    """The JSON Schema of that name. Raises InvalidParameter for a name that is not in SCHEMAS."""
    if name not in _TYPES:
        raise InvalidParameter("name", "a schema", "one of " + ", ".join(SCHEMAS), name)
    return json_schema(name, _TYPES[name])
