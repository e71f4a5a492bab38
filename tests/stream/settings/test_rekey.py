"""Whether records go through the internal topic, and what that topic is."""

from __future__ import annotations

import pytest

from stream.errors import ConfigError
from stream.settings import DetectorSettings, loads

WEEK = 604_800_000


def detector(fields: str, more: str = "") -> DetectorSettings:
    text = f"detectors: {{d: {{input: {{topic: t, features: [x]{fields}}}{more}}}}}"
    return loads(text).detectors["d"]


@pytest.mark.parametrize(
    ("fields", "rekeys"),
    [
        ("", False),
        (", key: k", False),
        (", partitions: 2", False),
        (", partitions: 2, key: k", True),
        (", partitions: 2, key: [k, l], rekey: auto", True),
        (", partitions: 2, key: k, rekey: false", False),
        (", key: k, rekey: true", True),
    ],
)
def test_records_are_keyed_anew_where_their_key_may_not_be_the_entity(
    fields: str, rekeys: bool
) -> None:
    found = detector(fields)
    assert found.rekeys == rekeys
    assert found.log_topic == ("cutstream.d.rekeyed" if rekeys else "t")


def test_the_internal_topic_may_be_named_and_kept() -> None:
    assert detector("").rekeyed.retention == WEEK
    found = detector(", key: k, rekey: true", ", rekeyed: {topic: u, retention: null}")
    assert (found.log_topic, found.rekeyed.retention) == ("u", None)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "{d: {input: {topic: t, features: [x], rekey: sometimes}}}",
            "detectors.d.input.rekey must be auto, true or false, got 'sometimes'.",
        ),
        (
            "{d: {input: {topic: t, features: [x], rekey: 1}}}",
            "detectors.d.input.rekey must be auto, true or false, got 1.",
        ),
        (
            "{d: {input: {topic: t, features: [x], rekey: true}}}",
            "detectors.d.input.rekey must be auto or false where input.key is null, as the "
            "record's key is the entity then, got True.",
        ),
        (
            "{d: {input: {topic: t, key: k, rekey: true, features: [x]}, rekeyed: {topic: t}}}",
            "detectors.d.rekeyed.topic must differ from detectors.d.input.topic, got 't' for both.",
        ),
        (
            "{d: {input: {topic: t, key: k, rekey: true, features: [x]}},"
            " e: {input: {topic: cutstream.d.rekeyed, features: [x]}}}",
            "detectors.e.input.topic must differ from detectors.d.rekeyed.topic, got "
            "'cutstream.d.rekeyed' for both.",
        ),
    ],
)
def test_a_slip_is_one_sentence(text: str, sentence: str) -> None:
    with pytest.raises(ConfigError) as error:
        loads(f"detectors: {text}")
    assert error.value.problems == [sentence]


def test_a_topic_that_is_not_used_may_be_shared() -> None:
    assert not detector(", partitions: 2", ", rekeyed: {topic: t}").rekeys


def test_detectors_on_one_input_have_each_an_internal_topic() -> None:
    settings = loads(
        """
        detectors:
          a: {input: {topic: t, partitions: 2, key: k, features: [x]}}
          b: {input: {topic: t, partitions: 2, key: k, features: [y]}, output: {topic: o}}
        """
    )
    logs = [one.log_topic for one in settings.detectors.values()]
    assert logs == ["cutstream.a.rekeyed", "cutstream.b.rekeyed"]
