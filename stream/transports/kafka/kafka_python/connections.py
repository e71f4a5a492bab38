"""How the library's objects connect."""

from __future__ import annotations

import socket as sockets
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, TypeVar

from kafka.errors import KafkaError
from kafka.net.compat import KafkaNetClient
from kafka.net.inet import KafkaNetSocket

from stream.transports.kafka.kafka_python.errors import translating

T = TypeVar("T")

DIRECT = "direct"
PROXY = f"{DIRECT}://"
"""The value of `proxy_url` that takes the sockets below."""


class ClosedSocket(KafkaNetSocket):  # type: ignore[misc]
    """A direct connection whose socket is closed when it cannot be made: the base class leaves
    that to the garbage collector, one socket for every attempt while the brokers are away."""

    SCHEMES = (DIRECT,)

    def socket(self, *arguments: int) -> sockets.socket:
        """Make a socket, and keep an eye on it."""
        made: sockets.socket = super().socket(*arguments)
        self._made = made
        return made

    async def connect(self, *arguments: object, **more: object) -> sockets.socket:
        """Connect, or leave nothing behind."""
        try:
            connection: sockets.socket = await super().connect(*arguments, **more)
        except BaseException:
            self._made.close()
            raise
        return connection


class NetClient(KafkaNetClient):  # type: ignore[misc]
    """The network below consumers, producers and admins."""

    def await_ready(self, node_id: object, timeout_ms: float = 30_000) -> bool:
        """Say no where the base class raises: on an error, the sender of a transactional producer
        forgets the request that it was about to send, and who waits for it waits for ever."""
        try:
            return bool(super().await_ready(node_id, timeout_ms=timeout_ms))
        except KafkaError:
            return False


def connected(make: Callable[..., T], settings: Mapping[str, Any], **more: object) -> T:
    """Make a consumer, producer or admin of the library. Raises what `translating` does.

    When the making fails, its connections and its thread would be left behind.
    """
    clients: list[NetClient] = []

    def connect(**configs: object) -> NetClient:
        clients.append(NetClient(**configs))
        return clients[-1]

    try:
        with translating():
            return make(**settings, **more, kafka_client=connect, proxy_url=PROXY)
    except BaseException:
        for client in clients:
            with suppress(KafkaError, OSError):
                client.close()
        raise
