from __future__ import annotations

from stream.codec.kinds import KIND, Kind, kind_header, kind_of
from stream.codec.origin import with_origin
from stream.records import Headers, Record


def record(*headers: tuple[str, bytes]) -> Record:
    return Record("clicks", 0, 3, 5_000, b"ann", b"{}", headers)


def test_a_record_says_its_kind() -> None:
    assert kind_of(record(kind_header(Kind.CONTROL))) == "control"
    assert kind_of(record()) is None
    assert kind_of(record((KIND, b"\xff"), ("other", b"item"))) == "\ufffd"


def test_no_producer_can_claim_another_kind_than_that_of_its_topic() -> None:
    claims: Headers = ((KIND, b"control"),)
    for kind in Kind:
        copied = record(*with_origin(record(*claims), kind))
        assert kind_of(copied) == kind
