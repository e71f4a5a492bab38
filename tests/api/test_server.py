"""One real server, asked over loopback with paths exactly as written."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from fastapi import FastAPI

from api.server import ApiServer, ListenError, serve
from stream.settings import Settings, loads
from stream.transports import Transport
from tests.api.conftest import CONFIGURATION, Refresh
from tests.api.test_scores import HOSTILE
from tests.conftest import wait_until
from tests.stream.query.records import score, snapshot

ENTITIES = "/v1/detectors/pumps/entities/"


@pytest.fixture
def server(app: FastAPI) -> Iterator[ApiServer]:
    with ApiServer(app, "127.0.0.1", 0) as server:
        yield server


def get(server: ApiServer, path: str) -> tuple[int, Any]:
    connection = HTTPConnection(server.host, server.port, timeout=10)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


def test_it_answers_at_the_address_that_it_reports(server: ApiServer) -> None:
    assert server.url == f"http://127.0.0.1:{server.port}"
    assert server.port != 0
    assert get(server, "/livez") == (200, {"status": "alive"})


def test_any_entity_can_be_a_path(
    server: ApiServer, transport: Transport, refresh: Refresh
) -> None:
    entities = [entity for entity in HOSTILE if entity]
    transport.append([score(entity) for entity in entities])
    transport.append([snapshot(entity.encode(), b"%d" % n) for n, entity in enumerate(entities)])
    refresh()
    for n, entity in enumerate(entities):
        status, answer = get(server, ENTITIES + quote(entity, safe=""))
        assert (status, answer["entity"]) == (200, entity)
        assert answer["last"]["entity"] == entity
        assert answer["state"]["details"]["observations"] == n


@pytest.mark.parametrize("path", [f"{ENTITIES}%FF", f"{ENTITIES}a%00", "//livez", "/%2e%2e/x"])
def test_odd_paths_are_not_found(server: ApiServer, path: str) -> None:
    status, answer = get(server, path)
    assert (status, answer["status"]) == (404, 404)


def test_no_program_or_version_is_told(server: ApiServer) -> None:
    connection = HTTPConnection(server.host, server.port, timeout=10)
    connection.request("GET", "/livez")
    assert connection.getresponse().getheader("server") is None
    connection.close()


def test_a_stop_lets_the_request_in_hand_finish(
    app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = app.state.services.views["pumps"]
    entered, proceed = threading.Event(), threading.Event()
    count = view.entities.count

    def slow() -> int:
        entered.set()
        assert proceed.wait(10)
        return int(count())

    monkeypatch.setattr(view.entities, "count", slow)
    answers: list[tuple[int, Any]] = []
    server = ApiServer(app, "127.0.0.1", 0).start()
    asking = threading.Thread(target=lambda: answers.append(get(server, "/v1/detectors/pumps")))
    asking.start()
    assert entered.wait(10)
    stopping = threading.Thread(target=server.stop)
    stopping.start()
    wait_until(lambda: _refused(server))
    assert answers == []
    proceed.set()
    asking.join(10)
    stopping.join(10)
    assert [status for status, _ in answers] == [200]
    assert not stopping.is_alive()


def _refused(server: ApiServer) -> bool:
    try:
        socket.create_connection((server.host, server.port), timeout=1).close()
    except OSError:
        return True
    return False


def test_a_stop_is_harmless_before_the_start_and_twice(app: FastAPI) -> None:
    server = ApiServer(app, "127.0.0.1", 0)
    server.stop()
    server.start()
    server.stop()
    server.stop()
    assert _refused(server)


def test_a_taken_port_is_told(app: FastAPI, server: ApiServer) -> None:
    with pytest.raises(ListenError, match=rf"free here, got 127\.0\.0\.1:{server.port} \(.*in use"):
        ApiServer(app, "127.0.0.1", server.port)


def test_an_impossible_host_is_told(app: FastAPI) -> None:
    with pytest.raises(ListenError, match=r"'host' and 'port' of the API"):
        ApiServer(app, "256.256.256.256", 0)


def test_a_failure_to_start_is_told(transport: Transport, settings: Settings) -> None:
    @asynccontextmanager
    async def failing(_: FastAPI) -> AsyncIterator[None]:
        raise RuntimeError("no start")
        yield

    with pytest.raises(ListenError, match="did not start"):
        ApiServer(FastAPI(lifespan=failing), "127.0.0.1", 0).start()


def test_serve_takes_the_address_from_the_settings(transport: Transport) -> None:
    settings = loads(f"api: {{host: localhost, port: 0}}\n{CONFIGURATION}")
    with serve(settings, transport) as server:
        assert get(server, "/livez")[0] == 200


def test_serve_takes_another_port_if_told_so(settings: Settings, transport: Transport) -> None:
    with serve(settings, transport, port=0) as server:
        assert server.port != settings.api.port


PROGRAM = """
import sys
from api.server import serve
from stream.settings import loads
from stream.transports import connect

transport = connect(sys.argv[1])
server = serve(loads(sys.argv[2]), transport, port=0)
print(server.url, flush=True)
server.run()
transport.close()
print("closed in good order", flush=True)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_in_the_main_thread_a_signal_ends_it(tmp_path: Path, number: signal.Signals) -> None:
    command = [sys.executable, "-c", PROGRAM, f"sqlite:///{tmp_path}/log.db", CONFIGURATION]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        connection = HTTPConnection(url.removeprefix("http://"), timeout=30)
        connection.request("GET", "/livez")
        assert connection.getresponse().status == 200
        connection.close()
        process.send_signal(number)
        assert process.stdout.read().endswith("closed in good order\n")
        process.wait(30)
    assert process.returncode == 0
