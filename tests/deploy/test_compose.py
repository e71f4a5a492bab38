"""The Compose file, without an engine: its services' own commands and health checks, run against a
real broker."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import typer
import yaml

from api.cli import app
from stream.records import Outgoing, TopicPartition
from stream.settings import loads
from stream.transports import connect
from tests.broker.broker import Broker
from tests.broker.ports import free_port
from tests.conftest import wait_until

ROOT = Path(__file__).parents[2]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
TOKEN_FILE = re.search(r":-(.+)}", COMPOSE["secrets"]["api-token"]["file"])[1]
IN_IMAGE = "/etc/cutstream/cutstream.yaml"


def test_images_are_pinned_and_nobody_is_root() -> None:
    for name, service in SERVICES.items():
        assert re.search(r":v?\d+\.\d+\.\d+$", service["image"]), name
        assert "user" in service or "build" in service, name
        assert service.get("user") not in ("root", "0"), name
    dockerfile = (ROOT / "deploy/Dockerfile").read_text()
    stages = dockerfile.split("\nFROM ")
    assert re.search(r"^USER (?!root|0)\S+$", stages[-1], re.MULTILINE)
    assert "# syntax" in dockerfile
    assert re.search(r"^FROM python:\d+\.\d+\.\d+-", dockerfile, re.MULTILINE)


def test_the_image_is_made_with_commands_that_exist() -> None:
    calls = re.findall(r"&& cutstream (.+)", (ROOT / "deploy/Dockerfile").read_text())
    assert calls == ["compile"]
    for name, *arguments in map(str.split, calls):
        # Raises where it takes no such arguments.
        typer.main.get_command(app).commands[name].make_context(name, arguments)


def test_every_service_has_a_health_check_and_ports_are_local() -> None:
    for name, service in SERVICES.items():
        assert service["healthcheck"]["test"][0] == "CMD", name
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", [])), name


def test_everything_that_is_mounted_or_copied_is_there() -> None:
    mounts = [
        volume.split(":")[0]
        for service in SERVICES.values()
        for volume in service.get("volumes", [])
        if volume.startswith("./")
    ]
    copied = re.findall(
        r"^COPY (?!--from)(.+) \S+$", (ROOT / "deploy/Dockerfile").read_text(), re.M
    )
    paths = [*mounts, *(path for line in copied for path in line.split())]
    assert [path for path in paths if not (ROOT / path).exists()] == []
    kept = [line[1:] for line in (ROOT / ".dockerignore").read_text().split() if line[0] == "!"]
    assert {path for line in copied for path in line.split()} == set(kept)


def test_the_broker_takes_its_settings(can_start_brokers: None, tmp_path: Path) -> None:
    """The image turns KAFKA_A_B into a.b; so does this."""
    given = {
        name.removeprefix("KAFKA_").lower().replace("_", "."): str(value)
        for name, value in SERVICES["kafka"]["environment"].items()
        if name.startswith("KAFKA_")
    }
    of_this_machine = ("listener", "controller", "log.dirs", "node.id", "process", "advertised")
    settings = {k: v for k, v in given.items() if not k.startswith(of_this_machine)}
    assert settings["auto.create.topics.enable"] == "false"
    broker = Broker(tmp_path, settings=settings)
    try:
        broker.start()
    finally:
        broker.kill()


def test_the_services_do_their_work(kafka_address: str, tmp_path: Path) -> None:
    topic = f"readings-{uuid4().hex[:8]}"
    text = (ROOT / "deploy/cutstream.yaml").read_text()
    config = tmp_path / "cutstream.yaml"
    # Names of its own, for a broker outlives a test.
    config.write_text(
        text.replace("topic: readings\n", f"topic: {topic}\n").replace(
            "\n  readings:\n", f"\n  d-{topic}:\n"
        )
    )
    url = f"kafka://{kafka_address}"
    with ExitStack() as stack:
        for name in ("worker-1", "worker-2", "api"):
            stack.enter_context(running(name, config, url))
        log = connect(url)
        stack.callback(log.close)
        settings = loads(config.read_text(), environment=environment_of("api", config, url, {}))
        scores = settings.detectors[f"d-{topic}"].output.topic
        log.append(
            [Outgoing(topic, b"s%d" % (i % 8), json.dumps(reading(i)).encode()) for i in range(400)]
        )
        wait_until(lambda: count(log, scores) == 400, 60)


def reading(i: int) -> dict[str, object]:
    return {"at": f"2026-01-01T00:{i // 60:02d}:{i % 60:02d}Z", "value": i % 3}


def count(log: Any, topic: str) -> int:
    return sum(1 for p in range(4) for _ in log.read(TopicPartition(topic, p), 0))


@contextmanager
def running(name: str, config: Path, url: str) -> Iterator[None]:
    """One service as a process, from healthy to a clean end after SIGTERM."""
    service = SERVICES[name]
    port = free_port()
    command = [argument.replace(IN_IMAGE, str(config)) for argument in service["command"]]
    ports = {"9321": port, "8321": port}
    environment = environment_of(name, config, url, ports)
    process = subprocess.Popen(
        [sys.executable, "-c", "from api.cli import main; main()", *command],
        cwd=ROOT,
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        wait_until(lambda: process.poll() is not None or healthy(service, ports), 90)
        assert process.poll() is None, process.stderr.read()
        yield
        process.terminate()
        _, told = process.communicate(timeout=60)
        assert process.returncode in (0, 130, -15), told
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


def environment_of(name: str, config: Path, url: str, ports: dict[str, int]) -> dict[str, str]:
    return {
        **os.environ,
        **{key: str(value) for key, value in SERVICES[name].get("environment", {}).items()},
        "CUTSTREAM_BROKER": url,
        "CUTSTREAM_HOST": "127.0.0.1",
        "CUTSTREAM_METRICS_PORT": str(ports.get("9321", 0)),
        "CUTSTREAM_API_PORT": str(ports.get("8321", 0)),
        "CUTSTREAM_TOKEN_FILE": str(ROOT / TOKEN_FILE),
    }


def healthy(service: dict[str, Any], ports: dict[str, int]) -> bool:
    """Run its health check, on the ports of this test."""
    kind, program, *arguments = service["healthcheck"]["test"]
    assert (kind, program) == ("CMD", "python")
    for port, other in ports.items():
        arguments = [argument.replace(f":{port}/", f":{other}/") for argument in arguments]
    probe = [sys.executable, *arguments]
    return subprocess.run(probe, check=False, capture_output=True).returncode == 0
