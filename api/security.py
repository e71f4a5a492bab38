"""The optional bearer token."""

from __future__ import annotations

import hmac

from fastapi import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from api.errors import problem

OPEN_PATHS = frozenset(("/livez", "/readyz", "/metrics"))
"""What probes and scrapers read; neither holds any entity."""


class BearerToken:
    """Lets only those requests pass that carry the token, whatever path they ask for."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app = app
        self._expected = f"bearer {token}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in OPEN_PATHS or self._allowed(scope):
            await self._app(scope, receive, send)
            return
        detail = "This resource must be asked for with the header 'Authorization: Bearer <token>'."
        challenge = {"WWW-Authenticate": 'Bearer realm="cutstream"'}
        response = problem(Request(scope), 401, detail, headers=challenge)
        await response(scope, receive, send)

    def _allowed(self, scope: Scope) -> bool:
        given = dict(scope["headers"]).get(b"authorization", b"")
        scheme, _, token = given.partition(b" ")
        return hmac.compare_digest(scheme.lower() + b" " + token.strip(), self._expected)
