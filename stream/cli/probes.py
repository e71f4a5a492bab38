"""A worker's own small HTTP port: /metrics for Prometheus, /livez and /readyz for a supervisor."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from socketserver import ThreadingMixIn
from threading import Thread
from typing import TYPE_CHECKING, Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import CollectorRegistry, make_wsgi_app

from stream.errors import ConfigError
from stream.settings import Settings

if TYPE_CHECKING:
    from stream.runtime.worker import Worker

StartResponse = Callable[..., Any]


class Probes:
    """The WSGI application. Until a worker is given to it, it is live and not ready."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.worker: Worker | None = None
        self._metrics: Callable[..., Iterable[bytes]] = make_wsgi_app(registry)

    def __call__(self, environ: dict[str, Any], start: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        status = self.worker.status() if self.worker else None
        match environ["PATH_INFO"]:
            case "/metrics":
                return self._metrics(environ, start)
            case "/livez":
                return _answer(start, "live", status.live if status else True)
            case "/readyz":
                return _answer(start, "ready", status.ready if status else False)
        start("404 Not Found", [("Content-Type", "text/plain; charset=utf-8")])
        return [b"There are /metrics, /livez and /readyz here.\n"]


@contextmanager
def served_probes(settings: Settings, registry: CollectorRegistry) -> Iterator[Probes]:
    """Answer on `worker.metrics_port`, if there is one. Raises ConfigError if it is taken."""
    probes = Probes(registry)
    host, port = settings.api.host, settings.worker.metrics_port
    if port is None:
        yield probes
        return
    server = _listen(host, port, probes)
    thread = Thread(target=server.serve_forever, name="probes", daemon=True)
    thread.start()
    try:
        yield probes
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _answer(start: StartResponse, name: str, holds: bool) -> Iterable[bytes]:
    start(
        "200 OK" if holds else "503 Service Unavailable",
        [("Content-Type", "application/json"), ("Cache-Control", "no-store")],
    )
    return [json.dumps({name: holds}).encode() + b"\n"]


def _listen(host: str, port: int, probes: Probes) -> WSGIServer:
    server_class = _ServerV6 if ":" in host else _Server
    try:
        return make_server(host, port, probes, server_class, _Handler)
    except OSError as error:
        rule = "worker.metrics_port must be a port that is free here"
        raise ConfigError("worker", [f"{rule}, got {host}:{port} ({error.strerror})."]) from error


class _Server(ThreadingMixIn, WSGIServer):
    """A scraper that is slow must not keep a supervisor from its probe."""

    daemon_threads = True


class _ServerV6(_Server):
    address_family = socket.AF_INET6


class _Handler(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Log nothing: probes come every few seconds."""
