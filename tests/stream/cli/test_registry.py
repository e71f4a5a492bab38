"""Commands beside a schema registry."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from stream.records import Outgoing
from stream.registry.framing import frame
from stream.transports import Transport
from stream.transports.protocol import TopicSpec
from tests.registry.stub import running_registry
from tests.stream.cli.conftest import Outcome
from tests.stream.codec.formats.memory import avro_value

Run = Callable[..., Outcome]

READING = {"type": "record", "name": "R", "fields": [{"name": "flow", "type": "double"}]}


@pytest.fixture
def framed(config: Path) -> Path:
    config.write_text(config.read_text() + "      format: avro\nregistry: {url: 'http://gone'}\n")
    return config


def test_tail_shows_what_the_registry_explains(run: Run, framed: Path, log: Transport) -> None:
    log.ensure_topic(TopicSpec("pumps"))
    with running_registry() as registry:
        schema_id = registry.add(json.dumps(READING))
        values = [avro_value(schema_id, READING, {"flow": 1.5}), frame(99), b'{"flow":  2}', None]
        log.append([Outgoing("pumps", b"k", value, (), 0) for value in values])
        framed.write_text(framed.read_text().replace("http://gone", registry.url))
        shown = run("topics", "tail", "pumps", "--config", framed).out.splitlines()
    assert [line.split("  k  ")[1] for line in shown] == [
        '{"flow":1.5}',
        r"\x00\x00\x00\x00c",
        '{"flow":  2}',
        "-",
    ]


def test_a_replay_sends_json_alone(run: Run, framed: Path, tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    file.write_text('{"flow": 1}')
    outcome = run("replay", file, "--topic", "pumps", "--config", framed)
    assert outcome.code == 2
    assert "sent as JSON, got 'pumps' with the format avro." in outcome.err


def test_validate_tries_the_registry(run: Run, framed: Path) -> None:
    with running_registry() as registry:
        framed.write_text(framed.read_text().replace("http://gone", registry.url))
        outcome = run("validate", framed, "--connect")
        assert "The schema registry can be reached; it holds schemas of AVRO, JSON, PROTOBUF." in (
            outcome.out.splitlines()
        )
        registry.credentials = ("ann", "secret")
        outcome = run("validate", framed, "--connect")
    assert outcome.code == 1
    assert "must answer when asked which types" in outcome.err
