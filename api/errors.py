"""Every error as a problem document (RFC 9457)."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from api.headers import SECURITY_HEADERS
from api.writing import NotConfiguredError, UnusableError, WritesForbiddenError
from models.errors import CutstreamError, InvalidParameter
from stream.errors import TransportError
from stream.live.errors import (
    HeldElsewhere,
    LiveStateError,
    OffsetNotReached,
    StateRestoring,
    UnknownEntity,
)

log = structlog.get_logger(__name__)

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER = {"Retry-After": "1"}

_NOT_JSON = "The body must be JSON."
_NOT_SAID = "The body must be JSON and say so, by the header Content-Type: application/json."
_LIVE = {UnknownEntity: 404, OffsetNotReached: 409, HeldElsewhere: 421, StateRestoring: 503}


class UnknownResourceError(CutstreamError):
    """What a path names does not exist."""

    def __init__(self, kind: str, name: str) -> None:
        super().__init__(f"There is no {kind} {name!r}.")


def problem(
    request: Request,
    status: int,
    detail: str,
    *,
    headers: Mapping[str, str] | None = None,
    errors: list[dict[str, str]] | None = None,
) -> JSONResponse:
    """One problem document; `errors` lists the parameters at fault."""
    content: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "instance": quote(request.scope["path"]),
    }
    if errors is not None:
        content["errors"] = errors
    return JSONResponse(content, status, headers, MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Let the application answer every error with a problem document."""
    app.exception_handler(HTTPException)(_http)
    app.exception_handler(RequestValidationError)(_invalid_request)
    app.exception_handler(InvalidParameter)(_invalid_parameter)
    app.exception_handler(UnknownResourceError)(_unknown)
    app.exception_handler(LiveStateError)(_not_live)
    app.exception_handler(WritesForbiddenError)(_forbidden)
    app.exception_handler(NotConfiguredError)(_not_configured)
    app.exception_handler(UnusableError)(_unusable)
    app.exception_handler(TransportError)(_log_away)
    app.exception_handler(Exception)(_unexpected)


def _http(request: Request, error: HTTPException) -> JSONResponse:
    details = {
        400: _NOT_JSON,
        404: "There is no resource at this path; GET / lists where to begin.",
        405: f"This resource does not allow {request.method}.",
    }
    detail = details.get(error.status_code, str(error.detail))
    return problem(request, error.status_code, detail, headers=error.headers)


def _invalid_request(request: Request, error: RequestValidationError) -> JSONResponse:
    if any(fault["type"] == "json_invalid" for fault in error.errors()):
        return problem(request, 400, _NOT_JSON)
    if any(isinstance(fault.get("input"), bytes) for fault in error.errors()):
        return problem(request, 415, _NOT_SAID)
    errors = [
        {
            "parameter": _parameter(fault),
            "detail": fault["msg"].removeprefix("Value error, "),
        }
        for fault in error.errors()
    ]
    names = ", ".join(repr(name) for name in dict.fromkeys(fault["parameter"] for fault in errors))
    return problem(request, 422, f"The request has faults in {names}.", errors=errors)


def _parameter(fault: Mapping[str, Any]) -> str:
    """What is at fault: a parameter, or a part of the body, or all of it."""
    place = fault["loc"]
    return str(place[0] if len(place) == 1 else place[1])


def _invalid_parameter(request: Request, error: InvalidParameter) -> JSONResponse:
    errors = [{"parameter": error.field, "detail": f"Must be {error.rule}."}]
    return problem(request, 422, f"The request has faults in {error.field!r}.", errors=errors)


def _unknown(request: Request, error: UnknownResourceError) -> JSONResponse:
    return problem(request, 404, str(error))


def _not_live(request: Request, error: LiveStateError) -> JSONResponse:
    status = next(code for kind, code in _LIVE.items() if isinstance(error, kind))
    headers = RETRY_AFTER if status in (409, 503) else None
    return problem(request, status, str(error), headers=headers)


def _forbidden(request: Request, error: WritesForbiddenError) -> JSONResponse:
    return problem(request, 403, str(error))


def _not_configured(request: Request, error: NotConfiguredError) -> JSONResponse:
    return problem(request, 409, str(error))


def _unusable(request: Request, error: UnusableError) -> JSONResponse:
    errors = [{"parameter": name, "detail": detail} for name, detail in error.faults]
    return problem(request, 422, str(error), errors=errors)


def _log_away(request: Request, error: TransportError) -> JSONResponse:
    return problem(request, 503, str(error), headers=RETRY_AFTER)


def _unexpected(request: Request, error: Exception) -> JSONResponse:
    log.error("request_failed", path=request.scope["path"], exc_info=error)
    detail = "The server failed at this request; its log says why."
    # This handler answers from outside of all middleware.
    return problem(request, 500, detail, headers=SECURITY_HEADERS)
