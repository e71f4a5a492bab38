"""A detect task on records of water pipes, with a model that counts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import jsonschema

from stream.codec import schema
from stream.records import Headers, Record, TopicPartition
from stream.settings import loads
from stream.tasks.detect import DetectState, DetectTask
from stream.tasks.protocol import Output
from tests.stream.tasks.fakes import CountingBank

NOON_MS = 1_714_564_800_000
SCORES = jsonschema.Draft202012Validator(schema("score"))
ALERTS = jsonschema.Draft202012Validator(schema("alert"))
LETTERS = jsonschema.Draft202012Validator(schema("dead-letter"))


def task(fields: str = "", alerts: str = "") -> DetectTask:
    settings = loads(
        f"""
        detectors:
          pipes:
            input:
              topic: flows
              partitions: 4
              rekey: false
              key: station
              timestamp: time
              features: {{flow: reading.flow, pressure: p}}
              retention: 1d
              {fields}
            output: {{retention: 2d}}
            alerts: {{retention: 5d{alerts}}}
            dead_letters: {{retention: 3d}}
        """
    )
    return DetectTask(settings, "pipes", CountingBank)


def state(fields: str = "") -> DetectState:
    return task(fields).open(TopicPartition("flows", 2))


def record(offset: int, value: bytes | dict[str, object] | None, headers: Headers = ()) -> Record:
    data = json.dumps(value).encode() if isinstance(value, dict) else value
    return Record("flows", 2, offset, NOON_MS, b"key", data, headers)


def reading(offset: int, flow: float | None, station: str = "a", headers: Headers = ()) -> Record:
    at = f"2024-05-01T12:00:{offset % 60:02d}Z"
    value = {"station": station, "time": at, "reading": {"flow": flow}, "p": 1.0}
    return record(offset, value, headers)


def score_of(output: Output) -> dict[str, Any]:
    assert output.record.value is not None
    score: dict[str, Any] = json.loads(output.record.value)
    SCORES.validate(score)
    return score


def headers_of(output: Output) -> dict[str, str]:
    return {name: value.decode() for name, value in output.record.headers}


def state_before(records: Sequence[Record], cut: int) -> DetectState:
    opened = state()
    opened.process(records[:cut])
    return opened


def tombstone(offset: int, entity: bytes | None) -> Record:
    return record(offset, None)._replace(key=entity)
