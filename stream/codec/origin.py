"""Where a copied record came from: headers that an internal topic adds, and their undoing."""

from __future__ import annotations

from stream.codec.kinds import KIND, Kind, kind_header
from stream.records import Headers, Record

PLACE = "cutstream.origin"
KEY = "cutstream.origin.key"


def with_origin(record: Record, kind: Kind | None = None) -> Headers:
    """The headers of `record`, and behind them where it stands, its timestamp, its key, and its kind
    if one is given."""
    # A topic's name holds no slash.
    place = f"{record.topic}/{record.partition}/{record.offset}/{record.timestamp}".encode()
    headers = (*record.headers, (PLACE, place))
    if record.key is not None:
        headers = (*headers, (KEY, record.key))
    return headers if kind is None else (*headers, kind_header(kind))


def original(record: Record) -> Record:
    """The record of which `record` is a copy; `record` itself where its headers name none."""
    headers, key = record.headers, None
    if headers and headers[-1][0] == KIND:
        headers = headers[:-1]
    if headers and headers[-1][0] == KEY:
        key, headers = headers[-1][1], headers[:-1]
    if not headers or headers[-1][0] != PLACE:
        return record
    try:
        topic, partition, offset, timestamp = headers[-1][1].decode().split("/")
        return Record(
            topic, int(partition), int(offset), int(timestamp), key, record.value, headers[:-1]
        )
    except ValueError:
        return record
