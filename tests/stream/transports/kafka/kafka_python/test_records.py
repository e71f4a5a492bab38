"""Fetched records as ours."""

from __future__ import annotations

from kafka.consumer.fetcher import ConsumerRecord

from stream.records import Record
from stream.transports.kafka.kafka_python.records import records_of


def test_a_header_without_a_value_has_an_empty_one() -> None:
    names = dict.fromkeys(ConsumerRecord._fields)
    told = {"topic": "t", "partition": 1, "offset": 7, "timestamp": 5, "value": b"v"}
    fetched = ConsumerRecord(**names | told | {"headers": [("traceparent", None), ("a", b"1")]})
    headers = (("traceparent", b""), ("a", b"1"))
    assert records_of({("t", 1): [fetched]}) == [Record("t", 1, 7, 5, None, b"v", headers)]
