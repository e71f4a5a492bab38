"""Fetched records as ours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stream.records import Record


def records_of(fetched: Mapping[Any, Any]) -> list[Record]:
    """The records of a poll, partition by partition."""
    make = Record._make
    return [
        make(
            (topic, partition, offset, timestamp, key, value, _headers(headers) if headers else ())
        )
        for records in fetched.values()
        for topic, partition, _, offset, timestamp, _, key, value, headers, _, _, _, _ in records
    ]


def _headers(headers: Any) -> tuple[tuple[str, bytes], ...]:  # noqa: ANN401 - the library's
    # Kafka tells null from empty here, the other library and the protocol do not.
    return tuple((name, value or b"") for name, value in headers)
