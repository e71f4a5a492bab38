"""Access tokens for aiokafka."""

from __future__ import annotations

import asyncio

from aiokafka.abc import AbstractTokenProvider

from stream.transports.kafka.options import SaslOptions
from stream.transports.kafka.tokens import TokenProvider


class AsyncTokens(AbstractTokenProvider):  # type: ignore[misc]  # aiokafka has no types
    """Fetches tokens without holding up the event loop. See TokenProvider."""

    def __init__(self, sasl: SaslOptions) -> None:
        self._provider = TokenProvider(sasl)

    async def token(self) -> str:
        """A token that is still valid."""
        return await asyncio.to_thread(self._provider.token)
