from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from stream.codec import Event, InputDecoder, InputFormat, Rejected
from stream.codec.formats.names import Format
from stream.codec.formats.reading import make_reader
from stream.codec.formats.values import Instant, microseconds_of, text_of
from stream.codec.timestamps import LAST
from stream.records import Record
from stream.registry import RegistryUnavailable, Schema
from stream.registry.framing import frame
from tests.stream.codec.formats.memory import MemoryRegistry, avro


class Counted(MemoryRegistry):
    """Says how often it was asked, and may be away."""

    asked = 0
    away = False

    def by_id(self, schema_id: int) -> Schema | None:
        self.asked += 1
        if self.away:
            raise RegistryUnavailable("The registry is away.")
        return super().by_id(schema_id)


def decode(
    registry: MemoryRegistry, value: bytes, form: Format = "avro", **how: Any
) -> Event | Rejected:
    fields = {"features": {"x": "x"}, **how}
    decoder = InputDecoder(InputFormat(**fields), make_reader(form, registry))
    return decoder.decode(Record("t", 0, 0, 0, b"k", value, ()))


@pytest.mark.parametrize(
    ("value", "reason", "told"),
    [
        (b"", "undecodable", "must have at least 5 bytes, got 0"),
        (b"\0\0\0\0", "undecodable", "must have at least 5 bytes, got 4"),
        (b'{"x": 1}', "undecodable", "must begin with the byte 0, got 123"),
        (frame(9), "unknown_schema", "must be in the registry, got the id 9"),
        (frame(2) + b"{}", "undecodable", "type AVRO, got the id 2, which is of the type JSON"),
        (frame(3), "undecodable", "The schema of id 3 cannot be used"),
        (frame(4), "undecodable", "The schema of id 4 cannot be used"),
        (frame(1) + b"\x02a", "not_an_object", 'must be an object, got "a"'),
    ],
)
def test_what_cannot_be_read_is_told(value: bytes, reason: str, told: str) -> None:
    registry = MemoryRegistry()
    for schema in (
        avro("string"),
        Schema("JSON", "{}"),
        Schema("AVRO", "no JSON"),
        avro({"type": "no such type"}),
    ):
        registry.add(schema)
    rejected = decode(registry, value)
    assert isinstance(rejected, Rejected)
    assert rejected.reason == reason
    assert told in rejected.detail
    assert rejected.detail.endswith(".")


@pytest.mark.parametrize("form", ["avro", "protobuf", "json-schema"])
def test_a_registry_that_is_away_is_no_fault_of_the_record(form: Format) -> None:
    registry = Counted()
    registry.away = True
    with pytest.raises(RegistryUnavailable):
        decode(registry, frame(1), form)


def test_a_schema_is_compiled_once() -> None:
    registry = Counted()
    registry.add(Schema("JSON", "{}"))
    read = make_reader("json-schema", registry)
    assert [read(frame(1) + b"[7]") for _ in range(3)] == [[7]] * 3
    assert registry.asked == 1
    registry.away = True
    assert read(frame(1) + b"7") == 7


def test_a_registry_is_needed() -> None:
    with pytest.raises(ValueError, match="the format avro needs a schema registry"):
        make_reader("avro", None)
    assert make_reader("json", None)(b"7") == 7


MOMENT = datetime(2024, 5, 1, 12, 0, 0, 123456, UTC)
MICROS = 1_714_564_800_123_456


@pytest.mark.parametrize(
    ("value", "micros"),
    [
        (MOMENT, MICROS),
        (MOMENT.replace(tzinfo=None), MICROS),
        (Instant(7), 7),
        (date(1970, 1, 2), 86_400_000_000),
        (7, None),
        ("2024-05-01", None),
        (Decimal(7), None),
    ],
)
def test_moments(value: object, micros: int | None) -> None:
    assert microseconds_of(value) == micros


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Decimal("12.50"), "12.5"),
        (Decimal("-1200"), "-1200"),
        (Decimal("0.00"), "0"),
        (Decimal("1" * 60 + ".10"), "1" * 60 + ".1"),
        (Decimal("1E+999999"), "1E+999999"),
        (Decimal("1E+99999999"), "1E+99999999"),
        (Decimal("1E-99999999"), "1E-99999999"),
        (Decimal("NaN"), None),
        (UUID(int=7), "00000000-0000-0000-0000-000000000007"),
        (date(2024, 5, 1), "2024-05-01"),
        (b"a", None),
        ([], None),
    ],
)
def test_texts(value: object, text: str | None) -> None:
    assert text_of(value) == text


def result(value: object, **how: Any) -> Event | Rejected:
    decoder = InputDecoder(
        InputFormat(features={"x": "x"}, **how), lambda _value: {"x": 1, "v": value}
    )
    return decoder.decode(Record("t", 0, 0, 0, b"k", b"", ()))


@pytest.mark.parametrize(
    ("value", "entity"),
    [
        (MOMENT, b"2024-05-01T12:00:00.123456Z"),
        (Instant(0), b"1970-01-01T00:00:00.000000Z"),
        (Decimal("12.50"), b"12.5"),
        (UUID(int=7), b"00000000-0000-0000-0000-000000000007"),
        (b"raw", None),
        (Instant(LAST + 1), None),
    ],
)
def test_an_entity_of_another_type(value: object, entity: bytes | None) -> None:
    event = result(value, key=("v",))
    assert (event.reason if isinstance(event, Rejected) else event.entity) == (
        entity or "missing_key"
    )


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Decimal("1.5"), 1.5),
        (Decimal("1e151"), "too_large"),
        (Instant(7), "not_a_number"),
        (MOMENT, "not_a_number"),
        (b"7", "not_a_number"),
    ],
)
def test_a_feature_of_another_type(value: object, expected: object) -> None:
    decoder = InputDecoder(InputFormat(features={"x": "x"}), lambda _value: {"x": value})
    event = decoder.decode(Record("t", 0, 0, 0, b"k", b"", ()))
    assert (event.reason.value if isinstance(event, Rejected) else event.values[0]) == expected


def test_a_time_beyond_the_calendar() -> None:
    rejected = result(Instant(LAST + 1), timestamp="v")
    assert isinstance(rejected, Rejected)
    assert rejected.reason == "bad_timestamp"
