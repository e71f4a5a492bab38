from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import CorruptState
from stream.codec import original_headers, schema
from stream.records import Headers, Record, TopicPartition
from stream.settings import loads
from stream.tasks.detect import DetectState, DetectTask
from stream.tasks.protocol import ModelError, Output, PartitionState, Task
from stream.transports.protocol import TopicSpec
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


def test_the_contract_is_kept() -> None:
    as_task: Task = task()
    as_state: PartitionState = as_task.open(TopicPartition("flows", 2))
    assert list(as_state.entities()) == []
    assert as_task.name == "pipes"
    assert as_task.inputs == ("flows",)
    assert as_task.snapshot_topic == "cutstream.pipes.snapshots"
    assert as_task.topics == (
        TopicSpec("flows", 4, 86_400_000),
        TopicSpec("flows.scores", 4, 2 * 86_400_000),
        TopicSpec("flows.alerts", 4, 5 * 86_400_000),
        TopicSpec("flows.dlq", 4, 3 * 86_400_000),
        TopicSpec("cutstream.pipes.snapshots", 4, compact=True),
    )
    with pytest.raises(ValueError, match="must be 'flows', got 'other'"):
        as_task.open(TopicPartition("other", 0))


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


def test_a_dead_letter_is_the_record_with_its_reason() -> None:
    bad = record(5, b"{oops", headers=(("h", b"\xff"), ("h", b"2")))
    step = state().process([bad])
    (output,) = step.outputs
    assert step.changed == {}
    assert (output.entity, output.offset) == (None, 5)
    letter = output.record
    assert letter.topic == "flows.dlq"
    assert (letter.key, letter.value, letter.timestamp) == (b"key", b"{oops", NOON_MS)
    assert letter.partition == 2
    assert letter.headers[:2] == bad.headers
    assert original_headers(letter.headers) == bad.headers
    named = {name: value.decode() for name, value in letter.headers[2:]}
    LETTERS.validate(named)
    assert named.pop("cutstream.error.detail").startswith("The value is not JSON: ")
    assert named == {
        "ce_specversion": "1.0",
        "ce_type": "io.cutstream.dead-letter.v1",
        "ce_source": "/cutstream/detectors/pipes",
        "ce_id": "flows-2-5-pipes-dead-letter",
        "ce_time": "2024-05-01T12:00:00.000000Z",
        "ce_subject": "key",
        "content-type": "application/json",
        "cutstream.error.reason": "undecodable",
        "cutstream.error.topic": "flows",
        "cutstream.error.partition": "2",
        "cutstream.error.offset": "5",
        "cutstream.error.task": "pipes",
    }


def test_a_dead_letter_names_what_was_found_before_the_fault() -> None:
    value = {"station": "a", "time": "2024-05-01T12:00:05Z", "p": "high"}
    named = headers_of(state().process([record(5, value)]).outputs[0])
    assert named["ce_subject"] == "a"
    assert named["ce_time"] == "2024-05-01T12:00:05.000000Z"


def test_a_dead_letter_leaves_an_event_of_others_as_it_is() -> None:
    event = (("ce_specversion", b"1.0"), ("ce_id", b"7"), ("Content-Type", b"text/json"))
    (output,) = state().process([record(5, b"", headers=event)]).outputs
    headers = output.record.headers
    assert headers[:3] == event
    assert original_headers(headers) == event
    assert "content-type" not in dict(headers)
    again = record(9, b"", headers=headers)
    (output,) = state().process([again]).outputs
    assert original_headers(output.record.headers) == headers


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


def test_a_skipped_record_touches_nothing() -> None:
    opened = state("missing: skip")
    step = opened.process([reading(0, None)])
    (output,) = step.outputs
    score = score_of(output)
    assert step.changed == {}
    assert list(opened.entities()) == []
    assert output.entity is None
    assert score["status"] == "suppressed"
    assert score["reasons"] == ["missing_feature"]
    assert score["values"] == {"flow": None, "pressure": 1.0}
    assert (score["score"], score["probability"], score["observations"]) == (0.0, 1.0, 0)


def test_a_missing_feature_may_be_a_dead_letter() -> None:
    (output,) = state("missing: dead-letter").process([reading(0, None)]).outputs
    assert headers_of(output)["cutstream.error.reason"] == "missing_feature"


def test_times_before_1970_show_in_the_record_alone() -> None:
    value = {"station": "a", "time": "1900-01-01T00:00:00Z", "reading": {"flow": 1}, "p": 1}
    (output,) = state().process([record(0, value)]).outputs
    assert score_of(output)["time"] == "1900-01-01T00:00:00.000000Z"
    assert output.record.timestamp == 0


def test_records_that_a_loaded_state_holds_are_ignored() -> None:
    opened = state()
    opened.load(b"a", b"7", valid_at=3)
    step = opened.process([reading(i, 1.0, "ab"[i % 2]) for i in range(6)])
    assert [(o.entity, o.offset) for o in step.outputs] == [
        (b"b", 1),
        (b"b", 3),
        (b"a", 4),
        (b"b", 5),
    ]
    assert step.changed == {b"a": 4, b"b": 1}
    assert opened.dump(b"a") == b"8"


def test_a_corrupt_state_changes_nothing() -> None:
    opened = state()
    with pytest.raises(CorruptState):
        opened.load(b"a", b"no digits", valid_at=9)
    assert list(opened.entities()) == []
    assert len(opened.process([reading(0, 1.0)]).outputs) == 1


def test_a_forgotten_entity_begins_anew() -> None:
    opened = state()
    opened.load(b"a", b"7", valid_at=9)
    opened.forget(b"a")
    opened.forget(b"nobody")
    assert list(opened.entities()) == []
    (output,) = opened.process([reading(0, 1.0)]).outputs
    assert score_of(output)["observations"] == 1


_RECORDS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from("abc"), st.none() | st.floats(-1e3, 1e3)),
        st.binary(max_size=4),
        st.sampled_from("abc"),
    ),
    max_size=20,
)


_Drawn = tuple[str, float | None] | bytes | str


def _numbered(drawn: Sequence[_Drawn]) -> list[Record]:
    return [_drawn_record(offset, item) for offset, item in enumerate(drawn)]


def _drawn_record(offset: int, item: _Drawn) -> Record:
    if isinstance(item, bytes):
        return record(offset, item)
    if isinstance(item, str):
        return tombstone(offset, item.encode())
    return reading(offset, item[1], item[0])


@given(
    drawn=_RECORDS, cuts=st.lists(st.integers(0, 20)), policy=st.sampled_from(["impute", "skip"])
)
def test_outputs_never_depend_on_how_batches_are_cut(
    drawn: list[_Drawn], cuts: list[int], policy: str
) -> None:
    records = _numbered(drawn)
    whole = state(f"missing: {policy}").process(records)
    pieces = state(f"missing: {policy}")
    bounds = [0, *sorted(min(cut, len(records)) for cut in cuts), len(records)]
    steps = [pieces.process(records[i:j]) for i, j in pairwise(bounds)]
    assert [output for step in steps for output in step.outputs] == whole.outputs
    for output in whole.outputs:
        if output.record.topic == "flows.scores":
            score_of(output)
        elif output.record.topic == "flows.alerts":
            ALERTS.validate(json.loads(output.record.value or b""))
        else:
            LETTERS.validate(headers_of(output))


@given(drawn=_RECORDS, cut=st.integers(0, 20))
def test_replay_from_snapshots_gives_the_same_outputs(drawn: list[_Drawn], cut: int) -> None:
    records = _numbered(drawn)
    cut = min(cut, len(records))
    first = state()
    first.process(records[:cut])
    undisturbed = first.process(records[cut:])
    second = state()
    for entity in state_before(records, cut).entities():
        second.load(entity, state_before(records, cut).dump(entity), valid_at=cut)
    assert [o for o in second.process(records).outputs if o.offset >= cut] == undisturbed.outputs


def state_before(records: Sequence[Record], cut: int) -> DetectState:
    opened = state()
    opened.process(records[:cut])
    return opened


def tombstone(offset: int, entity: bytes | None) -> Record:
    return record(offset, None)._replace(key=entity)


def test_a_record_without_a_value_has_its_entity_forgotten() -> None:
    opened = state()
    step = opened.process(
        [reading(0, 1.0), reading(1, 1.0, "b"), reading(2, 1.0), tombstone(3, b"a")]
    )
    assert [output.offset for output in step.outputs] == [0, 1, 2]
    assert (step.changed, step.forgotten) == ({b"a": 0, b"b": 1}, {b"a": 3})
    assert (b"a" in opened, b"b" in opened) == (False, True)
    (output,) = opened.process([reading(4, 1.0)]).outputs
    assert score_of(output)["observations"] == 1


def test_an_entity_may_begin_anew_within_the_batch() -> None:
    opened = state()
    step = opened.process([reading(0, 1.0), tombstone(1, b"a"), reading(2, 1.0)])
    assert [score_of(output)["observations"] for output in step.outputs] == [1, 1]
    assert (step.changed, step.forgotten) == ({b"a": 0}, {b"a": 1})
    assert opened.dump(b"a") == b"1"


def test_who_is_unknown_cannot_be_forgotten() -> None:
    step = state().process([tombstone(0, b"nobody")])
    assert step == ([], {}, {})


def test_a_tombstone_that_a_loaded_state_holds_is_ignored() -> None:
    opened = state()
    opened.load(b"a", b"7", valid_at=3)
    assert opened.process([tombstone(2, b"a")]) == ([], {}, {})
    assert opened.dump(b"a") == b"7"


def test_having_been_forgotten_holds_earlier_records() -> None:
    opened = state()
    opened.forget(b"a", valid_at=3)
    step = opened.process([reading(offset, 1.0) for offset in range(5)])
    assert [output.offset for output in step.outputs] == [3, 4]


@pytest.mark.parametrize("key", [None, b""])
def test_neither_value_nor_key_is_a_dead_letter(key: bytes | None) -> None:
    (output,) = state().process([tombstone(0, key)]).outputs
    assert headers_of(output)["cutstream.error.reason"] == "null_value"


def test_a_record_names_the_entity_that_it_would_touch() -> None:
    opened = state("missing: skip")
    assert opened.entity_of(reading(0, 1.0, "b")) == b"b"
    assert opened.entity_of(tombstone(0, b"c")) == b"c"
    for touching_nothing in (tombstone(0, None), reading(0, None), record(0, b"{oops")):
        assert opened.entity_of(touching_nothing) is None
    assert list(opened.entities()) == []


def test_a_record_that_failed_is_a_dead_letter_with_its_traceback() -> None:
    opened = state()
    bad = reading(5, 1.0, headers=(("h", b"\xff"),))
    output = opened.refuse(bad, ModelError("ValueError: odd", "models.x:7 in f\nmodels.y:8 in g"))
    letter = output.record
    assert (output.entity, output.offset, letter.topic) == (None, 5, "flows.dlq")
    assert (letter.key, letter.value, letter.timestamp) == (bad.key, bad.value, bad.timestamp)
    assert letter.headers[:1] == bad.headers
    named = {name: value.decode() for name, value in letter.headers[1:]}
    LETTERS.validate(named)
    assert named["cutstream.error.reason"] == "model_error"
    assert named["cutstream.error.detail"] == "ValueError: odd"
    assert named["cutstream.error.traceback"] == "models.x:7 in f\nmodels.y:8 in g"
    assert opened.observed().dead_letters == {"model_error": 1}


def test_the_digest_changes_with_the_configuration_alone() -> None:
    assert task().configuration == task().configuration
    assert task().configuration != task("missing: skip").configuration
