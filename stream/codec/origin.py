"""Where a re-keyed record came from: headers that the internal topic adds, and their undoing."""

from __future__ import annotations

from stream.records import Headers, Record

PLACE = "cutstream.origin"
KEY = "cutstream.origin.key"


def with_origin(record: Record) -> Headers:
    """The headers of `record`, and behind them where it stands, its timestamp and its key."""
    # A topic's name holds no slash.
    place = f"{record.topic}/{record.partition}/{record.offset}/{record.timestamp}".encode()
    headers = (*record.headers, (PLACE, place))
    return headers if record.key is None else (*headers, (KEY, record.key))


def original(record: Record) -> Record:
    """The record that was re-keyed into `record`; `record` itself where its headers name none."""
    headers, key = record.headers, None
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
