"""The commands that serve the API, as processes, and the demo on a part of its data."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import islice
from pathlib import Path

import pytest

from api import demo
from stream.demo.series import SERIES, Series
from stream.demo.stage import fresh_stage
from stream.settings import Settings
from stream.transports import connect
from tests.conftest import wait_until

CUTSTREAM = [sys.executable, "-c", "from api.cli import main; main()"]
CONFIG = """
broker: sqlite:///{directory}/log.db
api: {{port: 0}}
detectors:
  d:
    input: {{topic: t, features: [x], key: host}}
    shingle_size: 1
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "cutstream.yaml"
    path.write_text(CONFIG.format(directory=tmp_path))
    return path


@contextmanager
def process(*arguments: object) -> Iterator[subprocess.Popen[str]]:
    """A command as a process, that is ended with the block."""
    command = [*CUTSTREAM, *map(str, arguments)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as running:
        try:
            yield running
        finally:
            running.kill()


def found(running: subprocess.Popen[str], pattern: str) -> str:
    """What the pattern's group matches in the first line of stderr that it fits."""
    assert running.stderr is not None
    for line in running.stderr:
        match = re.search(pattern, line)
        if match:
            return match[1]
    pytest.fail(f"ended with {running.wait()} before it said '{pattern}'")


def url_of(running: subprocess.Popen[str]) -> str:
    """The address that a process says it listens on."""
    return found(running, r"The API listens on (\S+)")


def fetched(url: str) -> tuple[int, bytes]:
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def scores(url: str) -> list[object]:
    """The newest score records; none while the index has no such topic yet."""
    return json.loads(fetched(f"{url}/v1/detectors/d/scores?limit=100")[1]).get("scores", [])


def what_if(url: str, entity: str) -> tuple[int | None, int | None]:
    """The offset that an entity's live state is as of, and what would be its observations."""
    question = urllib.request.Request(
        f"{url}/v1/detectors/d/entities/{entity}/score",
        b'{"values": {"x": 1}}',
        {"Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(question, timeout=30) as answer:
            told = json.loads(answer.read())
    except urllib.error.HTTPError:
        return None, None
    return told["as_of"]["offset"], told["scores"][0]["observations"]


def events(path: Path, count: int) -> Path:
    path.write_text("".join(f'{{"host": "h{n % 2}", "x": {n}}}\n' for n in range(count)))
    return path


def test_run_scores_and_serves_until_it_is_told_to_stop(config: Path, tmp_path: Path) -> None:
    log = events(tmp_path / "events.jsonl", 40)
    subprocess.run([*CUTSTREAM, "replay", log, "-t", "t", "-c", config], check=True)
    with process("run", config) as running:
        url = url_of(running)
        wait_until(lambda: fetched(url + "/readyz")[0] == 200, 90)
        wait_until(lambda: len(scores(url)) == 40, 90)
        assert b"cutstream_" in fetched(url + "/metrics")[1]
        assert what_if(url, "h1") == (40, 21)
        running.send_signal(signal.SIGTERM)
        assert running.wait(60) == 0
    shown = subprocess.run(
        [*CUTSTREAM, "state", "show", config, "h1"], check=True, capture_output=True, text=True
    )
    state = json.loads(shown.stdout)
    assert (state["task"], state["entity"], state["valid_at"]) == ("d", "h1", 40)
    listed = subprocess.run(
        [*CUTSTREAM, "state", "list", config], check=True, capture_output=True, text=True
    )
    assert len(listed.stdout.splitlines()) == 1 + 2


def test_a_worker_alone_answers_probes_and_says_when_its_port_is_taken(config: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        config.write_text(config.read_text() + f"worker: {{metrics_port: {port}}}\n")
        refused = subprocess.run(
            [*CUTSTREAM, "worker", config], capture_output=True, text=True, check=False
        )
        assert refused.returncode == 2
        assert f"must be a port that is free here, got 127.0.0.1:{port}" in refused.stderr
        assert "Traceback" not in refused.stderr
    with process("worker", config) as worker:
        found(worker, r"(worker_started)")
        url = f"http://127.0.0.1:{port}"
        assert b"cutstream_build_info" in fetched(url + "/metrics")[1]
        assert fetched(url + "/livez") == (200, b'{"live": true}\n')
        wait_until(lambda: fetched(url + "/readyz") == (200, b'{"ready": true}\n'), 30)
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(60) == 0


def test_worker_and_api_are_two_processes_on_one_log(config: Path, tmp_path: Path) -> None:
    with process("worker", config) as worker, process("api", config) as api:
        url = url_of(api)
        assert fetched(url + "/livez")[0] == 200
        wait_until(lambda: "t" in topics_of(config), 90)
        file = events(tmp_path / "events.jsonl", 10)
        subprocess.run([*CUTSTREAM, "replay", file, "-t", "t", "-c", config], check=True)
        wait_until(lambda: len(scores(url)) == 10, 90)
        wait_until(lambda: what_if(url, "h1") == (10, 6), 90)
        assert b"cutstream_follower_offset" in fetched(url + "/metrics")[1]
        for running in (worker, api):
            running.send_signal(signal.SIGINT)
        assert worker.wait(60) == 0
        assert api.wait(60) in (0, 130, -signal.SIGINT)


def topics_of(config: Path) -> set[str]:
    log = connect(f"sqlite:///{config.parent}/log.db")
    try:
        return set(log.topics())
    finally:
        log.close()


def test_a_port_that_is_taken_is_one_sentence(config: Path) -> None:
    with process("api", config) as running:
        port = url_of(running).rpartition(":")[2]
        second = subprocess.run(
            [*CUTSTREAM, "api", config, "--port", port], capture_output=True, text=True, check=False
        )
    assert second.returncode == 1
    assert second.stderr.startswith("error: The 'host' and 'port' of the API must be")
    assert "Traceback" not in second.stderr


def part(series: Series, rows: int) -> Series:
    return series._replace(rows=rows, events=lambda: islice(series.events(), rows))


def staged(port: int) -> Callable[[Path], AbstractContextManager[Settings]]:
    """The demo's stage, with the API on this port."""

    @contextmanager
    def stage(directory: Path) -> Iterator[Settings]:
        with fresh_stage(directory) as settings:
            api = settings.api.model_copy(update={"port": port})
            yield settings.model_copy(update={"api": api})

    return stage


def test_the_demo_goes_from_start_to_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    water, shuttle = SERIES
    monkeypatch.setattr(demo, "SERIES", (water, part(shuttle, 700)))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        # A port that somebody else has is no reason not to play.
        monkeypatch.setattr(demo, "fresh_stage", staged(taken.getsockname()[1]))
        demo.show(once=True, port=None, directory=tmp_path)
    out = capsys.readouterr().out
    for told in (
        "water: 1,268 of 1,268 done",
        "shuttle: 700 of 700 done",
        "low flow: loss or maintenance",
        "of 4 known anomalous runs hit",
        "/v1/detectors/water/scores?status=anomaly",
    ):
        assert told in out
    hit = re.search(r"water: (\d) of 4 known anomalous runs hit", out)
    assert hit is not None
    assert int(hit[1]) >= 2
