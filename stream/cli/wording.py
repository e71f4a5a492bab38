"""Records and topics as text."""

from __future__ import annotations

from datetime import UTC, datetime

from stream.records import Record
from stream.transports.protocol import TopicSpec

_LAST_MILLISECOND = 253402300800_000


def text(data: bytes | None) -> str:
    """Bytes as text on one line; what is not UTF-8 or not printable appears escaped."""
    if data is None:
        return "-"
    decoded = data.decode("utf-8", "backslashreplace")
    if decoded.isprintable():
        return decoded
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in decoded)


def moment(milliseconds: int) -> str:
    """RFC 3339 to the second, or the bare number outside the years that it can write."""
    if not 0 <= milliseconds < _LAST_MILLISECOND:
        return str(milliseconds)
    at = datetime.fromtimestamp(milliseconds / 1_000, UTC)
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def line(record: Record) -> str:
    """A record on one line: partition, offset, time, key, value."""
    place = f"{record.partition}:{record.offset}"
    return f"{place}  {moment(record.timestamp)}  {text(record.key)}  {text(record.value)}"


def kept(spec: TopicSpec) -> str:
    """What a topic keeps, in words."""
    limits = []
    if spec.compact:
        limits.append("the newest two of every key")
    if spec.retention_ms is not None:
        limits.append(f"{spec.retention_ms / 3_600_000:g} hours")
    if spec.retention_bytes is not None:
        limits.append(f"{spec.retention_bytes / 1_048_576:g} MiB a partition")
    return ", ".join(limits) or "everything"
