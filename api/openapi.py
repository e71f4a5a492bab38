"""What the OpenAPI document says beyond the routes."""

from __future__ import annotations

from typing import Any

import msgspec
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.errors import MEDIA_TYPE
from api.schemas.problems import Problem
from api.security import OPEN_PATHS
from stream.codec.prediction.record import PredictionRecord
from stream.codec.recommendation.measured import Scope
from stream.codec.recommendation.record import RecommendedItem
from stream.codec.score import ScoreRecord

SUMMARY = "Streaming anomaly detection, recommendation and prediction."
DESCRIPTION = """\
What the detectors, recommenders and predictors of one configuration have found, and what they would
say now. What they read can be written where `api.writes` is true. Every error is a problem document
(RFC 9457). Times are RFC 3339 in UTC. Pages are followed with `next_cursor`.
"""
TAGS = [
    {"name": "service", "description": "The service itself: probes, metrics, where to begin."},
    {"name": "detectors", "description": "The configured detectors, and how far each is."},
    {"name": "scores", "description": "Recent score records."},
    {"name": "live", "description": "What a detector would say now, and where it stands."},
    {"name": "entities", "description": "What each detector knows of each entity."},
    {"name": "recommendations", "description": "What to show a user or a session now."},
    {"name": "recommenders", "description": "The recommenders: what they know, how well they do."},
    {"name": "predictors", "description": "The predictors: models compared, predictions, what if."},
    {"name": "records", "description": "Interactions and items that recommenders are to learn."},
]
PROBLEMS: dict[int | str, dict[str, Any]] = {
    "4XX": {"model": Problem, "description": "The request is at fault."},
    "5XX": {"model": Problem, "description": "The service or its log is at fault."},
}

SCORE_EXAMPLE = {
    "detector": "pumps",
    "entity": "pump-7",
    "time": "2020-03-01T09:25:00.000000Z",
    "values": {"flow": 97.4},
    "score": 1.62,
    "probability": 0.00021,
    "grade": 0.74,
    "confidence": 1.0,
    "threshold": 1.31,
    "expected": {"flow": {"value": 41.2, "lower": 37.0, "upper": 45.9}},
    "attribution": {"flow": {"share": 1.0, "direction": "high"}},
    "status": "anomaly",
    "reasons": ["score_above_threshold"],
    "imputed": [],
    "observations": 1268,
    "source": {"topic": "pumps", "partition": 0, "offset": 1267},
}


def install(app: FastAPI, *, secured: bool) -> None:
    """Let the application describe itself; `secured` says that it wants a bearer token."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app, secured=secured)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way


def _document(app: FastAPI, *, secured: bool) -> dict[str, Any]:
    document = get_openapi(
        title=app.title,
        version=app.version,
        summary=app.summary,
        description=app.description,
        tags=app.openapi_tags,
        routes=app.routes,
    )
    components = document["components"]
    components["schemas"].update(_record_schemas())
    for unused in ("HTTPValidationError", "ValidationError"):
        components["schemas"].pop(unused, None)
    for path, operations in document["paths"].items():
        for operation in operations.values():
            _describe_problems(operation["responses"])
            if secured and path not in OPEN_PATHS:
                operation["security"] = [{"token": []}]
    if secured:
        components["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    return document


def _record_schemas() -> dict[str, Any]:
    """The published schemas of records, and of what they are made of."""
    _, schemas = msgspec.json.schema_components(
        [ScoreRecord, RecommendedItem, Scope, PredictionRecord],
        ref_template="#/components/schemas/{name}",
    )
    schemas["ScoreRecord"]["examples"] = [SCORE_EXAMPLE]
    return schemas


def _describe_problems(responses: dict[str, Any]) -> None:
    # FastAPI adds its own 422, in a shape that is never answered here.
    responses.pop("422", None)
    for response in responses.values():
        content = response["content"].get("application/json", {})
        if content.get("schema", {}).get("$ref") == "#/components/schemas/Problem":
            response["content"] = {MEDIA_TYPE: content}
