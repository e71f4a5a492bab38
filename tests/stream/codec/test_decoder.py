from __future__ import annotations

import json
import math
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.codec import Event, InputDecoder, InputFormat, MissingPolicy, Rejected, RejectReason
from stream.codec.reasons import REJECT_SENTENCES, SCORE_SENTENCES, ScoreReason
from stream.records import Record

NOON_MS = 1_714_564_800_000


def record(value: bytes | None, key: bytes | None = b"k", timestamp: int = NOON_MS) -> Record:
    return Record("topic", 0, 7, timestamp, key, value, ())


def decoder(
    key: tuple[str, ...] = (), timestamp: str | None = None, missing: MissingPolicy = "impute"
) -> InputDecoder:
    features = {"flow": "reading.flow", "pressure": "p"}
    return InputDecoder(
        InputFormat(features=features, key=key, timestamp=timestamp, missing=missing)
    )


def decode(value: object, **form: object) -> Event | Rejected:
    return decoder(**form).decode(record(json.dumps(value).encode()))  # type: ignore[arg-type]  # test shorthand


def reason(value: object, **form: object) -> str:
    rejected = decode(value, **form)
    assert isinstance(rejected, Rejected)
    assert rejected.detail.endswith(".")
    return rejected.reason.value


def entity(value: object, *key: str) -> bytes:
    event = decode(value, key=key)
    assert isinstance(event, Event)
    return event.entity


def test_a_whole_record() -> None:
    value = {"s": "a", "t": "2024-05-01T12:00:00Z", "reading": {"flow": 1}, "p": 2.5}
    assert decode(value, key=("s",), timestamp="t") == Event(
        b"a", NOON_MS * 1000, [1.0, 2.5], False
    )


@pytest.mark.parametrize("value", [{"p": 1}, {"p": 1, "reading": {"flow": None}}])
def test_absent_and_null_features_are_missing(value: dict[str, object]) -> None:
    event = decode(value)
    assert isinstance(event, Event)
    assert event.incomplete
    assert math.isnan(event.values[0])
    assert event.values[1] == 1.0
    assert reason(value, missing="dead-letter") == "missing_feature"


def test_nan_is_missing_as_many_producers_write_it() -> None:
    event = decode({"p": math.nan, "reading": {"flow": 1}})
    assert isinstance(event, Event)
    assert event.incomplete


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("1.5", "not_a_number"),
        (True, "not_a_number"),
        ([1], "not_a_number"),
        ({}, "not_a_number"),
        (math.inf, "infinite"),
        (-math.inf, "infinite"),
        (1.1e150, "too_large"),
        (-1.1e150, "too_large"),
        (10**151, "too_large"),
        (10**4000, "too_large"),
    ],
)
def test_what_is_no_usable_number(value: object, expected: str) -> None:
    assert reason({"p": value, "reading": {"flow": 1}}) == expected


@pytest.mark.parametrize("value", [1e150, -1e150, 10**149, 2**63, 2**64, -0.0, 5e-324])
def test_large_and_small_numbers_pass(value: float) -> None:
    event = decode({"p": value, "reading": {"flow": 1}})
    assert isinstance(event, Event)
    assert event.values[1] == float(value)
    assert type(event.values[1]) is float


def test_overflow_in_the_text_is_infinite() -> None:
    rejected = decoder().decode(record(b'{"p": 1e400}'))
    assert isinstance(rejected, Rejected)
    assert rejected.reason is RejectReason.INFINITE


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "null_value"),
        (b"", "undecodable"),
        (b"{", "undecodable"),
        (b"\xff", "undecodable"),
        (b'{"p": 1} x', "undecodable"),
        (b"[1]", "not_an_object"),
        (b"5", "not_an_object"),
        (b"null", "not_an_object"),
        (b"NaN", "not_an_object"),
        (b"9" * 5000, "undecodable"),
        (b"[" * 100_000, "undecodable"),
        (b'{"a":' * 101 + b"1" + b"}" * 101, "undecodable"),
    ],
)
def test_what_is_no_object(value: bytes | None, expected: str) -> None:
    rejected = decoder().decode(record(value))
    assert isinstance(rejected, Rejected)
    assert rejected.reason.value == expected


def test_brackets_in_text_are_no_nesting() -> None:
    value = json.dumps({"text": "[{" * 500 + '\\"', "p": 1, "list": [[]] * 500}).encode()
    assert isinstance(decoder().decode(record(value)), Event)


def test_nesting_is_judged_alike_however_deep_the_caller_is() -> None:
    value = b'{"p":1,"a":' + b"[" * 99 + b"]" * 99 + b"}"
    seen: list[Event | Rejected] = []

    def at_depth(depth: int) -> None:
        if depth:
            at_depth(depth - 1)
        else:
            seen.append(decoder().decode(record(value)))

    for depth in (0, 700):
        thread = threading.Thread(target=at_depth, args=(depth,))
        thread.start()
        thread.join(10)
    assert len(seen) == 2
    assert all(isinstance(event, Event) for event in seen)


def test_a_key_is_a_path_or_several_or_the_records_own() -> None:
    value = {"a": "x", "n": 5, "f": 1.5, "b": True, "o": {"c": "ü"}}
    assert entity(value) == b"k"
    assert entity(value, "a") == b"x"
    assert entity(value, "n") == b"5"
    assert entity(value, "f") == b"1.5"
    assert entity(value, "b") == b"true"
    assert entity(value, "o.c") == "ü".encode()
    assert entity(value, "a", "n", "o.c") == '["x",5,"ü"]'.encode()


@pytest.mark.parametrize("key", [None, b""])
def test_without_a_key_there_is_one_entity(key: bytes | None) -> None:
    event = decoder().decode(record(b"{}", key=key))
    assert isinstance(event, Event)
    assert event.entity == b"all"


@pytest.mark.parametrize("part", [None, "", [], {}, math.nan, math.inf])
def test_a_key_that_names_nobody(part: object) -> None:
    assert reason({"a": part}, key=("a",)) == "missing_key"
    assert reason({}, key=("a",)) == "missing_key"
    assert reason({"a": "x"}, key=("a", "b")) == "missing_key"


@pytest.mark.parametrize("key", [("a",), ("a", "p")])
def test_a_key_that_is_no_text_in_utf8(key: tuple[str, ...]) -> None:
    rejected = decoder(key=key).decode(record(b'{"a": "\\ud800", "p": 1}'))
    assert isinstance(rejected, Rejected)


def test_timestamps() -> None:
    event = decode({"t": 1.5}, timestamp="t")
    assert isinstance(event, Event)
    assert event.time == 1_500_000
    assert reason({}, timestamp="t") == "missing_timestamp"
    assert reason({"t": None}, timestamp="t") == "missing_timestamp"
    assert reason({"t": "noon"}, timestamp="t") == "bad_timestamp"


@pytest.mark.parametrize(
    ("timestamp", "expected"),
    [(-1, RejectReason.MISSING_TIMESTAMP), (10**15, RejectReason.BAD_TIMESTAMP)],
)
def test_timestamps_of_the_record(timestamp: int, expected: RejectReason) -> None:
    rejected = decoder().decode(record(b"{}", timestamp=timestamp))
    assert isinstance(rejected, Rejected)
    assert rejected.reason is expected


def test_details_name_the_field_and_stay_short() -> None:
    rejected = decode({"p": "x" * 10_000})
    assert isinstance(rejected, Rejected)
    assert rejected.detail.startswith("The feature 'pressure' must be a number, got \"xxx")
    assert len(rejected.detail) < 200


def test_every_reason_has_its_sentence() -> None:
    assert set(REJECT_SENTENCES) == set(RejectReason)
    assert set(SCORE_SENTENCES) == set(ScoreReason)


_LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just(10**200)
_DOCUMENTS = st.dictionaries(
    st.sampled_from(["reading", "p", "s", "t", "x"]),
    st.recursive(
        _LEAVES,
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["flow", "0", "x"]), inner, max_size=3)
        ),
        max_leaves=4,
    ),
)
_VALUES = (
    st.none()
    | st.binary(max_size=100)
    | _DOCUMENTS.map(lambda document: json.dumps(document).encode())
    | st.text(alphabet='{}[]":,.0123456789eE+-\\untrfalsINyp ').map(str.encode)
)


@given(
    value=_VALUES,
    key=st.none() | st.binary(max_size=10),
    timestamp=st.integers(-(2**63), 2**63 - 1),
    paths=st.sampled_from([(), ("s",), ("s", "x")]),
    time_path=st.sampled_from([None, "t"]),
    missing=st.sampled_from(["impute", "skip", "dead-letter"]),
)
def test_any_bytes_are_an_event_or_a_reason(
    value: bytes | None,
    key: bytes | None,
    timestamp: int,
    paths: tuple[str, ...],
    time_path: str | None,
    missing: MissingPolicy,
) -> None:
    result = decoder(paths, time_path, missing).decode(record(value, key, timestamp))
    if isinstance(result, Event):
        assert result.entity
        assert len(result.values) == 2
        assert all(math.isnan(x) or abs(x) <= 1e150 for x in result.values)
        assert result.incomplete == any(map(math.isnan, result.values))
        assert missing != "dead-letter" or not result.incomplete
    else:
        assert result.reason in RejectReason
        assert result.detail
