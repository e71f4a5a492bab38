"""How the library's objects connect."""

from __future__ import annotations

import socket as sockets
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, TypeVar, cast

from kafka.errors import KafkaError, RequestTimedOutError, SaslAuthenticationFailedError
from kafka.net.compat import KafkaNetClient
from kafka.net.connection import KafkaConnection
from kafka.net.inet import KafkaNetSocket
from kafka.net.manager import KafkaConnectionManager
from kafka.net.selector import NetworkSelector

from stream.errors import TransportError
from stream.transports.kafka.client import Unavailable
from stream.transports.kafka.kafka_python.errors import translating

T = TypeVar("T")

DIRECT = "direct"
PROXY = f"{DIRECT}://"
"""The value of `proxy_url` that takes the sockets below."""


class ClosedSocket(KafkaNetSocket):  # type: ignore[misc]  # the library ships no types
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


class Connections(KafkaConnectionManager):  # type: ignore[misc]  # the library ships no types
    """Keeps why the last connection failed: the base class only logs it, and says that the time is
    over."""

    fault: Exception | None = None

    async def _build_transport(self, *arguments: object, **more: object) -> Any:  # noqa: ANN401 - untyped
        """Let a broker's last words be heard: the base class drops what comes together with the end
        of a connection, as the answer to a wrong password does."""
        transport = await super()._build_transport(*arguments, **more)
        receive = transport._sock_recv

        def received() -> tuple[bytes, Exception | None]:
            data, fault = receive()
            return data, None if data else fault

        transport._sock_recv = received
        return transport

    async def _connect(
        self, node: object, conn: KafkaConnection, *arguments: object, **more: object
    ) -> None:
        conn.init_future.add_errback(self._note)
        await super()._connect(node, conn, *arguments, **more)

    def _note(self, fault: Exception) -> None:
        refused = isinstance(self.fault, SaslAuthenticationFailedError)
        # The last attempt is often cut short by the end of the time, which tells nothing.
        if not refused and not isinstance(fault, RequestTimedOutError):
            self.fault = fault


class NetClient(KafkaNetClient):  # type: ignore[misc]  # the library ships no types
    """The network below consumers, producers and admins."""

    def __init__(self, **configs: object) -> None:
        net = NetworkSelector(**configs)
        super().__init__(net, Connections(net, **configs), **configs)

    @property
    def fault(self) -> Exception | None:
        """Why the last connection failed."""
        return cast(Connections, self._manager).fault

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
    except BaseException as error:
        for client in clients:
            with suppress(KafkaError, OSError):
                client.close()
        fault = clients[-1].fault if clients else None
        if isinstance(fault, SaslAuthenticationFailedError):
            raise TransportError(
                f"Kafka must accept the client's identity, got {fault}."
            ) from error
        if isinstance(error, Unavailable) and fault is not None:
            raise Unavailable(f"{error} ({fault})") from error
        raise
