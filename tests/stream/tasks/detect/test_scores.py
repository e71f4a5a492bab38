"""Score records, and the alerts beside them."""

from __future__ import annotations

import json

from stream.records import Record, TopicPartition
from stream.settings import loads
from stream.tasks.detect import DetectTask
from tests.stream.tasks.detect.flows import (
    ALERTS,
    NOON_MS,
    headers_of,
    reading,
    record,
    score_of,
    state,
    task,
)
from tests.stream.tasks.fakes import CountingBank


def test_a_normal_record() -> None:
    (*_, output) = state().process([reading(offset, 30.0) for offset in range(3)]).outputs
    assert score_of(output) == {
        "detector": "pipes",
        "entity": "a",
        "time": "2024-05-01T12:00:02.000000Z",
        "values": {"flow": 30.0, "pressure": 1.0},
        "score": 10.0,
        "probability": 1.0,
        "grade": 0.0,
        "confidence": 1.0,
        "threshold": 33.3333333,
        "expected": None,
        "attribution": None,
        "status": "normal",
        "reasons": ["score_below_threshold"],
        "imputed": [],
        "observations": 3,
        "source": {"topic": "flows", "partition": 2, "offset": 2},
    }
    assert (output.entity, output.offset) == (b"a", 2)
    assert output.record.topic == "flows.scores"
    assert output.record.key == b"a"
    assert output.record.partition == 2
    assert output.record.timestamp == NOON_MS + 2_000


def test_an_anomaly_is_explained() -> None:
    flows = [1.0, 1.0, 200.0]
    (*_, output, _) = state().process([reading(i, flow) for i, flow in enumerate(flows)]).outputs
    score = score_of(output)
    assert (score["status"], score["grade"]) == ("anomaly", 0.9)
    assert score["reasons"] == ["score_above_threshold"]
    assert score["probability"] == 3.33333333e-05
    assert score["expected"]["flow"] == {
        "value": 66.6666667,
        "lower": 65.6666667,
        "upper": 67.6666667,
    }
    assert score["attribution"] == {
        "flow": {"share": 0.5, "direction": "low"},
        "pressure": {"share": 0.5, "direction": "high"},
    }


def test_an_anomaly_is_also_an_alert() -> None:
    trace = ("traceparent", b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
    records = [reading(i, flow, headers=(trace,)) for i, flow in enumerate([1.0, 1.0, 200.0, 1.0])]
    *_, output, told, _ = state().process(records).outputs
    assert (told.entity, told.offset) == (b"a", 2)
    assert told.record.topic == "flows.alerts"
    assert (told.record.key, told.record.partition) == (b"a", 2)
    assert told.record.timestamp == output.record.timestamp
    assert told.record.value is not None
    alert = json.loads(told.record.value)
    ALERTS.validate(alert)
    assert alert == {
        **score_of(output),
        "id": "flows-2-2-pipes-alert",
        "severity": "critical",
        "title": "pipes: flow of a is higher than expected",
        "summary": (
            "flow was 200, where 66.6667 (65.6667 to 67.6667) was expected. "
            "About 1 in 30,000 normal records scores this high."
        ),
    }
    assert headers_of(told) == {
        "ce_specversion": "1.0",
        "ce_type": "io.cutstream.alert.v1",
        "ce_source": "/cutstream/detectors/pipes",
        "content-type": "application/json",
        "ce_id": "flows-2-2-pipes-alert",
        "ce_time": "2024-05-01T12:00:02.000000Z",
        "ce_subject": "a",
        "traceparent": trace[1].decode(),
    }


def test_alerts_may_be_off() -> None:
    silent = task(alerts=", enabled: false")
    assert "flows.alerts" not in {spec.name for spec in silent.topics}
    records = [reading(i, flow) for i, flow in enumerate([1.0, 1.0, 200.0])]
    step = silent.open(TopicPartition("flows", 2)).process(records)
    assert {output.record.topic for output in step.outputs} == {"flows.scores"}
    assert score_of(step.outputs[2])["status"] == "anomaly"


def test_warming_and_imputed() -> None:
    (output,) = state().process([reading(0, None)]).outputs
    score = score_of(output)
    assert score["status"] == "warming"
    assert score["reasons"] == ["warming", "imputed"]
    assert score["imputed"] == ["flow"]
    assert score["values"] == {"flow": 0.333333333, "pressure": 1.0}


def test_given_values_are_echoed_to_the_last_bit() -> None:
    (output,) = state().process([reading(0, 12345678901.234567)]).outputs
    assert score_of(output)["values"]["flow"] == 12345678901.234567


def test_headers_are_a_cloud_event_and_carry_the_trace() -> None:
    trace = ("traceparent", b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
    of_vendors = ("tracestate", b"a=1,b=2")
    given = (of_vendors, ("other", b"x"), trace)
    (output,) = state().process([reading(7, 1.0, headers=given)]).outputs
    assert headers_of(output) == {
        "ce_specversion": "1.0",
        "ce_type": "io.cutstream.score.v1",
        "ce_source": "/cutstream/detectors/pipes",
        "content-type": "application/json",
        "ce_id": "flows-2-7-pipes",
        "ce_time": "2024-05-01T12:00:07.000000Z",
        "ce_subject": "a",
        "traceparent": trace[1].decode(),
        "tracestate": "a=1,b=2",
    }


def test_a_key_that_is_no_text() -> None:
    settings = loads("detectors: {d: {input: {topic: t, features: [x]}}}")
    opened = DetectTask(settings, "d", CountingBank).open(TopicPartition("t", 0))
    record = Record("t", 0, 0, 0, b"\xff\x00a", b'{"x": 1}', ())
    (output,) = opened.process([record]).outputs
    assert output.record.key == b"\xff\x00a"
    assert score_of(output)["entity"] == "\\xff\x00a"
    assert headers_of(output)["ce_subject"] == "\\xff\x00a"


def test_outputs_keep_the_order_of_the_input() -> None:
    records = [
        reading(0, 1.0),
        record(1, b""),
        reading(2, 1.0, "b"),
        record(3, b"[]"),
        reading(4, 1.0),
    ]
    step = state().process(records)
    assert [output.offset for output in step.outputs] == [0, 1, 2, 3, 4]
    assert [output.entity for output in step.outputs] == [b"a", None, b"b", None, b"a"]
    assert step.changed == {b"a": 0, b"b": 2}


def test_times_before_1970_show_in_the_record_alone() -> None:
    value = {"station": "a", "time": "1900-01-01T00:00:00Z", "reading": {"flow": 1}, "p": 1}
    (output,) = state().process([record(0, value)]).outputs
    assert score_of(output)["time"] == "1900-01-01T00:00:00.000000Z"
    assert output.record.timestamp == 0
