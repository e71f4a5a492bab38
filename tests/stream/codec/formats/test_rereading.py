from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.codec.formats.rereading import JsonView, PublishedView
from stream.codec.json_text import Undecodable
from stream.registry import Schema
from stream.registry.framing import frame
from tests.stream.codec.formats.memory import MemoryRegistry, avro, avro_value

ROW = {
    "type": "record",
    "name": "Row",
    "fields": [
        {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}},
        {"name": "amount", "type": {"type": "bytes", "logicalType": "decimal", "precision": 4}},
        {"name": "raw", "type": "bytes"},
    ],
}


def registry() -> MemoryRegistry:
    made = MemoryRegistry()
    made.add(avro(ROW))
    made.add(Schema("JSON", "{}"))
    return made


def test_plain_values_stay_as_they_are() -> None:
    for view in (JsonView(registry()), PublishedView("score", registry()), JsonView(None)):
        for value in (b"", b'{"a":  1}', b"\xff", b"no JSON"):
            assert view.json(value) == value


def test_without_a_registry_nothing_is_decoded() -> None:
    value = frame(1) + b"\x02"
    assert JsonView(None).json(value) == value
    assert PublishedView("score", None).json(value) == value


def test_any_framed_value_is_shown_as_json() -> None:
    datum = {"at": 0, "amount": Decimal(7), "raw": b"\xff"}
    shown = JsonView(registry()).json(avro_value(1, ROW, datum))
    assert isinstance(shown, bytes)
    assert json.loads(shown) == {"at": "1970-01-01T00:00:00.000000Z", "amount": "7", "raw": "/w=="}


@pytest.mark.parametrize("value", [frame(9), b"\0", frame(2) + b"[]", frame(2) + b'{"score": 1}'])
def test_what_is_no_score_is_told(value: bytes) -> None:
    assert isinstance(PublishedView("score", registry()).json(value), Undecodable)


@given(st.binary())
def test_any_bytes_are_shown_or_told(rest: bytes) -> None:
    for view in (JsonView(registry()), PublishedView("alert", registry())):
        for start in (b"", frame(1), frame(2)):
            assert isinstance(view.json(start + rest), bytes | Undecodable)
