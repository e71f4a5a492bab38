"""W3C Trace Context: what of an input record's trace goes on with the outputs that it causes."""

from __future__ import annotations

import re

from stream.records import Headers

TRACEPARENT = "traceparent"
TRACESTATE = "tracestate"

_PARENT = re.compile(
    rb"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-.*)?"
)
_KEY = rb"(?:[a-z][a-z0-9_\-*/]{0,255}|[a-z0-9][a-z0-9_\-*/]{0,240}@[a-z][a-z0-9_\-*/]{0,13})"
_MEMBER = re.compile(_KEY + rb"=[ -+\--<>-~]{0,255}[!-+\--<>-~]")
_MOST_MEMBERS = 32


def trace_of(headers: Headers) -> Headers:
    """The headers `traceparent` and `tracestate` of `headers`, unchanged.

    A `traceparent` that is malformed or stands twice is dropped, and `tracestate` with it; a
    malformed `tracestate` is dropped alone.
    """
    if not headers:
        return ()
    parents = [value for name, value in headers if name == TRACEPARENT]
    if len(parents) != 1 or not _is_parent(parents[0]):
        return ()
    states = tuple(header for header in headers if header[0] == TRACESTATE)
    sound = _is_state(b",".join(value for _, value in states))
    return ((TRACEPARENT, parents[0]), *(states if sound else ()))


def _is_parent(value: bytes) -> bool:
    match = _PARENT.fullmatch(value)
    # Only versions to come may be longer.
    return match is not None and (match[1] is None or not value.startswith(b"00-"))


def _is_state(value: bytes) -> bool:
    members = [member.strip(b" \t") for member in value.split(b",")]
    return len(members) <= _MOST_MEMBERS and all(
        not member or _MEMBER.fullmatch(member) for member in members
    )
