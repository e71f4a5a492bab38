"""The worker's own port, without a worker and with one in every state."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from stream.cli.probes import Probes
from stream.runtime.worker import WorkerStatus


def ask(probes: Probes, path: str) -> tuple[str, bytes]:
    told: list[str] = []
    environ: dict[str, Any] = {"PATH_INFO": path, "REQUEST_METHOD": "GET", "QUERY_STRING": ""}
    body = b"".join(probes(environ, lambda status, headers: told.append(status)))
    return told[0], body


def probes_of(live: bool, ready: bool) -> Probes:
    probes = Probes(CollectorRegistry())
    status = WorkerStatus(live, ready, ())
    probes.worker = SimpleNamespace(status=lambda: status)
    return probes


def test_before_there_is_a_worker_it_is_live_and_not_ready() -> None:
    probes = Probes(CollectorRegistry())
    assert ask(probes, "/livez") == ("200 OK", b'{"live": true}\n')
    assert ask(probes, "/readyz") == ("503 Service Unavailable", b'{"ready": false}\n')


@pytest.mark.parametrize(
    ("live", "ready", "livez", "readyz"),
    [(True, True, "200", "200"), (True, False, "200", "503"), (False, False, "503", "503")],
)
def test_it_says_what_the_worker_says(live: bool, ready: bool, livez: str, readyz: str) -> None:
    probes = probes_of(live, ready)
    assert ask(probes, "/livez")[0].startswith(livez)
    assert ask(probes, "/readyz")[0].startswith(readyz)


def test_it_answers_metrics_and_says_what_there_is() -> None:
    probes = probes_of(live=True, ready=True)
    assert ask(probes, "/metrics")[0] == "200 OK"
    status, body = ask(probes, "/")
    assert status == "404 Not Found"
    assert b"/readyz" in body
