"""Records that cannot be used."""

from __future__ import annotations

import pytest

from stream.codec import original_headers
from stream.tasks.protocol import ModelError
from tests.stream.tasks.detect.flows import (
    LETTERS,
    NOON_MS,
    headers_of,
    reading,
    record,
    score_of,
    state,
    tombstone,
)


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


@pytest.mark.parametrize("key", [None, b""])
def test_neither_value_nor_key_is_a_dead_letter(key: bytes | None) -> None:
    (output,) = state().process([tombstone(0, key)]).outputs
    assert headers_of(output)["cutstream.error.reason"] == "null_value"


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
