"""The optional bearer token of an aiohttp server."""

from __future__ import annotations

import hmac

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

OPEN_PATHS = frozenset(("/livez", "/readyz", "/metrics"))
"""What probes and scrapers read; no entity is in it."""


def bearer_token(token: str) -> Middleware:
    """Lets only those requests pass that carry the token, whatever path they ask for."""
    expected = f"bearer {token}".encode()

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        told = f"{scheme.lower()} {given.strip()}".encode("utf-8", "surrogateescape")
        if request.path in OPEN_PATHS or hmac.compare_digest(told, expected):
            return await handler(request)
        detail = "This page must be asked for with the header 'Authorization: Bearer <token>'."
        challenge = {"WWW-Authenticate": 'Bearer realm="cutstream"'}
        return web.json_response({"error": detail}, status=401, headers=challenge)

    return guard
