from __future__ import annotations

import pytest

from stream.codec import Rejected
from stream.codec.kinds import Kind, kind_of
from stream.codec.prediction.control import promotion_record, read_control
from stream.records import Record


def as_read(value: bytes | None, headers: tuple[tuple[str, bytes], ...] = ()) -> Record:
    return Record("log", 3, 7, 0, None, value, headers)


def test_what_is_written_is_read() -> None:
    sent = promotion_record("log", 3, "fraud", "tree", 1_500_000)
    assert (sent.topic, sent.partition, sent.key, sent.timestamp) == ("log", 3, None, 1_500)
    record = as_read(sent.value, sent.headers)
    assert kind_of(record) == Kind.CONTROL
    found = read_control(record)
    assert not isinstance(found, Rejected)
    assert (found[0].predictor, found[0].promote, found[1]) == ("fraud", "tree", 1_500_000)


@pytest.mark.parametrize(
    "value",
    [
        None,
        b"",
        b"{}",
        b"[1]",
        b'{"predictor":"a","promote":"b","time":"soon"}',
        b'{"predictor":"a","promote":"","time":"2024-05-01"}',
        b'{"predictor":"a","promote":"b","time":"2024-05-01","more":1}',
    ],
)
def test_what_is_no_promotion_is_told(value: bytes | None) -> None:
    found = read_control(as_read(value))
    assert isinstance(found, Rejected)
    assert found.reason == "bad_control"
