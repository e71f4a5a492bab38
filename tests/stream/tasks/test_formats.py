"""Whole runs of a detector whose records are in the formats of a schema registry."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from stream.codec.formats.names import CONTENT_TYPES, Format
from stream.codec.formats.published import Published
from stream.codec.formats.rereading import PublishedView
from stream.metrics import Metrics
from stream.records import Outgoing, Record, TopicPartition
from stream.registry import RegistryOptions, RegistryRefused, RegistryUnavailable, SchemaRegistry
from stream.registry.framing import frame
from stream.runtime.options import RunnerOptions
from stream.runtime.worker import Worker
from stream.settings import Settings, loads
from stream.tasks.detect import DetectTask
from stream.tasks.protocol import Task
from stream.tasks.rekey import rekey_task
from stream.transports import Transport, connect
from tests.conftest import wait_until
from tests.registry.stub import Registry, running_registry
from tests.stream.codec.formats.memory import avro_value
from tests.stream.runtime.harness import Run
from tests.stream.runtime.memory import MemoryTransport
from tests.stream.tasks.fakes import CountingBank

READING = {
    "type": "record",
    "name": "Reading",
    "fields": [
        {"name": "pump", "type": "string"},
        {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}},
        {"name": "flow", "type": ["null", "double"]},
    ],
}
SPARE = (b'{"no": "frame"}', frame(99) + b"\0", frame(1) + b"\xff", b"", b"\0")
TRACE = ("traceparent", b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
SOON = {"poll_timeout": 0.01, "retry_first": 0.01, "retry_most": 0.05}


@pytest.fixture
def registry() -> Iterator[Registry]:
    with running_registry() as running:
        running.add(json.dumps(READING))
        yield running


def configured(
    registry: Registry, given: Format, written: Format, more: str = "partitions: 1"
) -> Settings:
    return loads(
        f"""
        registry: {{url: "{registry.url}"}}
        detectors:
          pumps:
            input:
              topic: flows
              format: {given}
              key: pump
              timestamp: at
              features: [flow]
              {more}
            output: {{format: {written}}}
            alerts: {{format: {written}}}
        """
    )


def task(registry: Registry, given: Format, written: Format) -> DetectTask:
    return DetectTask(configured(registry, given, written), "pumps", CountingBank)


def inputs(form: Format) -> list[Outgoing]:
    """Readings of two pumps with some anomalies, and between them what cannot be read."""
    records = []
    for number in range(60):
        flow = None if number % 13 == 0 else 500.0 if number % 17 == 0 else float(number)
        reading = {"pump": f"p{number % 2}", "at": 1_714_564_800_000 + number, "flow": flow}
        value = avro_value(1, READING, reading) if form == "avro" else json.dumps(reading).encode()
        records.append(Outgoing("flows", b"k", value, (TRACE,), number))
        if form == "avro" and number % 12 == 0:
            records.append(Outgoing("flows", b"k", SPARE[number // 12], (), number))
    return records


def log_of(detector: Task, records: list[Outgoing]) -> MemoryTransport:
    transport = MemoryTransport()
    for spec in detector.topics:
        transport.ensure_topic(spec)
    transport.append(records)
    return transport


def outputs(transport: Transport, topic: str) -> list[Record]:
    return list(transport.read(TopicPartition(topic, 0), 0))


def read_back(registry: Registry, name: Published, records: list[Record]) -> list[object]:
    view = PublishedView(name, SchemaRegistry(RegistryOptions(url=registry.url)))
    texts = [view.json(record.value or b"") for record in records]
    documents = [json.loads(text) for text in texts if isinstance(text, bytes)]
    assert len(documents) == len(records)
    for document in documents:
        del document["source"]  # there are no spare records in the other log
        document.pop("id", None)
    return documents


@pytest.mark.parametrize("written", ["avro", "json-schema", "protobuf"])
def test_a_detector_says_the_same_in_every_format(registry: Registry, written: Format) -> None:
    plain = task(registry, "json", "json")
    expected = log_of(plain, inputs("json"))
    Run(plain, expected)()
    framed = task(registry, "avro", written)
    log = log_of(framed, inputs("avro"))
    Run(framed, log)()
    kinds: dict[str, Published] = {"flows.scores": "score", "flows.alerts": "alert"}
    for topic, kind in kinds.items():
        records = outputs(log, topic)
        assert len(records) > 2
        assert f"{topic}-value" in registry.subjects
        assert all((record.value or b"")[:1] == b"\0" for record in records)
        assert read_back(registry, kind, records) == read_back(
            registry, kind, outputs(expected, topic)
        )
        for record in records:
            headers = dict(record.headers)
            assert headers["content-type"] == CONTENT_TYPES[written].encode()
            assert headers["traceparent"] == TRACE[1]
            assert headers["ce_type"] == f"io.cutstream.{kind}.v1".encode()
    letters = [dict(record.headers) for record in outputs(log, "flows.dlq")]
    reasons = [letter["cutstream.error.reason"].decode() for letter in letters]
    assert reasons == ["undecodable", "unknown_schema", *["undecodable"] * 3]
    assert {letter["content-type"].decode() for letter in letters} == {CONTENT_TYPES["avro"]}


def test_records_are_keyed_anew_in_every_format(registry: Registry) -> None:
    settings = configured(registry, "avro", "json", "partitions: 2")
    rekey = rekey_task(settings, "pumps")
    log = log_of(rekey, inputs("avro"))
    Run(rekey, log)()
    given = {record.value for record in inputs("avro")} - set(SPARE)
    keyed = [
        record
        for partition in range(2)
        for record in log.read(TopicPartition("cutstream.pumps.rekeyed", partition), 0)
    ]
    assert {record.value for record in keyed} == given
    assert {record.key for record in keyed} == {b"p0", b"p1"}
    detector = DetectTask(settings, "pumps", CountingBank)
    for spec in detector.topics:
        log.ensure_topic(spec)
    Run(detector, log)()
    scores = [*outputs(log, "flows.scores"), *log.read(TopicPartition("flows.scores", 1), 0)]
    assert len(scores) == 60


def test_a_crash_leaves_no_trace_in_the_bytes(registry: Registry) -> None:
    detector = task(registry, "avro", "protobuf")
    calm = log_of(detector, inputs("avro"))
    Run(detector, calm)()
    log = log_of(detector, inputs("avro"))
    for polls in (4, 2, 3):
        again = task(registry, "avro", "protobuf")
        Run(again, log, graceful=False, polls=polls, batch_size=7)()
    Run(task(registry, "avro", "protobuf"), log)()
    for topic in ("flows.scores", "flows.alerts", "flows.dlq"):
        assert outputs(log, topic) == outputs(calm, topic)
    # However often it starts, a schema is registered once.
    assert registry.asked["POST /subjects/flows.scores-value/versions"] == 1


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    return f"sqlite:///{tmp_path}/log.db"


def worker(url: str, detector: DetectTask) -> Worker:
    options = RunnerOptions(member="w", **SOON)
    return Worker(lambda: connect(url), [detector], options, Metrics(CollectorRegistry()))


def test_no_record_is_lost_or_refused_while_the_registry_is_away(
    registry: Registry, url: str
) -> None:
    detector = task(registry, "avro", "avro")
    log = connect(url)
    for spec in detector.topics:
        log.ensure_topic(spec)
    records = inputs("avro")
    log.append(records)
    registry.failing = 503
    running = worker(url, detector)
    running.start()
    wait_until(lambda: running.status().tasks[0].phase == "waiting")
    assert "schema registry" in (running.status().tasks[0].error or "")
    assert running.status().live
    assert not outputs(log, "flows.dlq")
    # It comes back, and goes away again before a schema is known that comes later.
    registry.failing = None
    wait_until(lambda: len(outputs(log, "flows.scores")) == 60)
    registry.failing = 500
    later = {**READING, "doc": "later"}
    schema_id = registry.add(json.dumps(later))
    reading = {"pump": "p1", "at": 1_714_564_900_000, "flow": 1.0}
    log.append([Outgoing("flows", b"k", avro_value(schema_id, later, reading), (), 0)])
    wait_until(lambda: running.status().tasks[0].phase == "waiting")
    registry.failing = None
    wait_until(lambda: len(outputs(log, "flows.scores")) == 61)
    running.stop()
    assert running.join(30.0)
    assert len(outputs(log, "flows.dlq")) == len(SPARE)
    places = [dict(record.headers)["ce_id"] for record in outputs(log, "flows.scores")]
    assert len(set(places)) == 61
    log.close()


def test_what_cannot_be_decoded_yet_changes_no_state(registry: Registry) -> None:
    opened = task(registry, "avro", "json").open(TopicPartition("flows", 0))
    reading = {"pump": "p0", "at": 0, "flow": 1.0}
    later = {**READING, "doc": "later"}
    values = [avro_value(1, READING, reading), None, avro_value(2, later, reading)]
    records = [
        Record("flows", 0, offset, 0, b"p0", value, ()) for offset, value in enumerate(values)
    ]
    assert opened.process(records[:0]).outputs == []
    registry.failing = 503
    with pytest.raises(RegistryUnavailable):
        opened.process(records[2:])
    registry.failing = None
    # The first schema is known now, so it is the last record alone that has to wait.
    expected = task(registry, "avro", "json").open(TopicPartition("flows", 0))
    opened.process(records[:1])
    expected.process(records[:1])
    registry.failing = 503
    rest = [record._replace(offset=record.offset + 1) for record in records]
    with pytest.raises(RegistryUnavailable):
        opened.process(rest)
    assert opened.dump(b"p0") == expected.dump(b"p0")
    registry.failing = None
    assert registry.add(json.dumps(later)) == 2
    assert opened.process(rest) == expected.process(rest)


def test_a_schema_that_the_registry_will_not_have_ends_the_worker(
    registry: Registry, url: str
) -> None:
    registry.incompatible = True
    running = worker(url, task(registry, "json", "avro"))
    running.start()
    with pytest.raises(RegistryRefused, match=r"registration of subject 'flows.scores-value'"):
        running.join(30.0)


def test_only_what_needs_a_registry_asks_for_one(registry: Registry) -> None:
    detector = task(registry, "json", "json")
    Run(detector, log_of(detector, inputs("json")))()
    assert not registry.asked
