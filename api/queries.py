"""Query parameters, read at once where FastAPI would look for each by itself: for the route that is asked most."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar
from urllib.parse import parse_qsl

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError

M = TypeVar("M", bound=BaseModel)


def query_of(model: type[M]) -> Callable[[Request], Awaitable[M]]:
    """A dependency that makes a request's query a model, and refuses it as FastAPI would."""
    several = frozenset(
        name
        for name, described in model.model_json_schema()["properties"].items()
        if described.get("type") == "array"
    )

    async def query(request: Request) -> M:
        given: dict[str, Any] = {}
        text = request.scope["query_string"].decode("latin-1")
        for name, value in parse_qsl(text, keep_blank_values=True):
            if name in several:
                given.setdefault(name, []).append(value)
            else:
                given[name] = value
        try:
            return model.model_validate(given)
        except ValidationError as error:
            faults = [{**fault, "loc": ("query", *fault["loc"])} for fault in error.errors()]
            raise RequestValidationError(faults) from error

    return query


def described(model: type[BaseModel]) -> dict[str, Any]:
    """The same parameters for the OpenAPI document (`openapi_extra`)."""
    parameters = []
    for name, schema in model.model_json_schema()["properties"].items():
        text = schema.pop("description")
        place = {"name": name, "in": "query", "required": False, "description": text}
        parameters.append({**place, "schema": schema})
    return {"parameters": parameters}
