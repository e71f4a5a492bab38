"""The application behind a socket: in this thread or in one of its own, with a graceful stop."""

from __future__ import annotations

import socket
import threading
from types import FrameType, TracebackType
from typing import Self

import uvicorn
from fastapi import FastAPI
from prometheus_client import CollectorRegistry

from api.app import create_app
from api.deps import Worker
from models.errors import CutstreamError
from stream.settings import Settings
from stream.transports.protocol import Transport

GRACE = 5  # seconds that requests in hand may take once a stop was asked for


class ListenError(CutstreamError):
    """The API cannot listen on its address, or did not start."""


class ApiServer:
    """One application on one bound address. Requests are answered between `start` and `stop`.

    The socket is bound at once, so `url` is known before the first request: port 0 takes any free
    port. Raises ListenError.
    """

    def __init__(self, app: FastAPI, host: str, port: int) -> None:
        self._socket = _listen(host, port)
        self._server = _Server(
            uvicorn.Config(
                app,
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=GRACE,
            )
        )
        self._thread = threading.Thread(target=self._run_aside, name="api", daemon=True)
        self._failure: ListenError | None = None
        self.host = host
        self.port: int = self._socket.getsockname()[1]

    @property
    def url(self) -> str:
        """Where it listens, such as http://127.0.0.1:8321."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    def run(self) -> None:
        """Answer requests in this thread until `stop`, or until SIGINT or SIGTERM in the main one.

        Raises ListenError.
        """
        try:
            self._server.run(sockets=[self._socket])
        finally:
            self._socket.close()

    def start(self) -> Self:
        """Answer requests in a thread of their own; return once it does. Raises ListenError."""
        self._thread.start()
        self._server.settled.wait()
        if self._failure is not None:
            raise self._failure
        return self

    def stop(self) -> None:
        """Take no more requests, answer those in hand, and return when that is done."""
        self._server.should_exit = True
        if self._thread.is_alive() and threading.current_thread() is not self._thread:
            self._thread.join()

    def _run_aside(self) -> None:
        try:
            self.run()
        except ListenError as error:
            self._failure = error
        finally:
            self._server.settled.set()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()


def serve(
    settings: Settings,
    transport: Transport,
    worker: Worker | None = None,
    registry: CollectorRegistry | None = None,
    *,
    host: str | None = None,
    port: int | None = None,
) -> ApiServer:
    """Bind the API of a configuration; `host` and `port` go before its settings.

    The server that is returned is bound, and not running: `run()` serves in this thread, `with` or
    `start()` and `stop()` in another one. Raises ListenError.
    """
    app = create_app(settings, transport, worker, registry)
    return ApiServer(
        app,
        settings.api.host if host is None else host,
        settings.api.port if port is None else port,
    )


class _Server(uvicorn.Server):
    """Says when it has started, fails with an error of ours, and returns after a signal."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.settled = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        try:
            await super().startup(sockets)
        except SystemExit as error:  # Uvicorn's way to say that the application failed
            raise ListenError("The API did not start; its log says why.") from error
        self.settled.set()

    def handle_exit(self, _sig: int, _frame: FrameType | None) -> None:
        # Uvicorn raises the signals that it has seen once more at the end. Here that would keep the
        # caller from closing what it opened.
        self.force_exit = self.should_exit
        self.should_exit = True


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(address[:2], family=family)
    except OSError as error:
        raise ListenError(
            f"The 'host' and 'port' of the API must be an address that is free here, "
            f"got {host}:{port} ({error.strerror or error})."
        ) from error
