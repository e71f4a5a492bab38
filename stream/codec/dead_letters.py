"""Dead letters: what cannot be used, untouched, with the reason in headers."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from stream.codec.cloud_events import ATTRIBUTES, CONTENT_TYPE, JSON_TYPE, EventHeaders, Owner
from stream.codec.envelope import Rejected
from stream.codec.reasons import REJECT_SENTENCES, RejectReason
from stream.codec.timestamps import LAST, to_rfc3339
from stream.records import Headers, Outgoing, Record

PREFIX = "cutstream.error."
_REASONS = " ".join(f"`{reason.value}`: {text}" for reason, text in REJECT_SENTENCES.items())
_DIGITS = r"^\d+$"


class DeadLetterHeaders(msgspec.Struct, frozen=True, rename=lambda name: PREFIX + name):
    """The headers that a dead letter has beside those of the original record, all of them text."""

    reason: Annotated[RejectReason, Meta(description="Why the record was refused. " + _REASONS)]
    detail: Annotated[str, Meta(description="One sentence with the field and what it held.")]
    topic: Annotated[str, Meta(description="Topic of the original record.")]
    partition: Annotated[str, Meta(pattern=_DIGITS, description="Its partition.")]
    offset: Annotated[str, Meta(pattern=_DIGITS, description="Its offset.")]
    task: Annotated[str, Meta(description="The task that refused it.")]
    traceback: Annotated[
        str | msgspec.UnsetType,
        Meta(description="Of `model_error` only: one line per call, the innermost last."),
    ] = msgspec.UNSET


def dead_letter(
    record: Record,
    rejected: Rejected,
    task: str,
    topic: str,
    content_type: str = JSON_TYPE,
    owner: Owner = "detectors",
) -> Outgoing:
    """`record` for the dead-letter `topic`: key, value, headers and timestamp as they were.

    Behind its own headers stand those of this letter: CloudEvents attributes, the media type of the
    task's input where the record named none, and the reason. It keeps its partition, so that dead
    letters stand in the order of their input.
    """
    named = any(name.lower() == CONTENT_TYPE for name, _ in record.headers)
    attributes = EventHeaders(
        "dead-letter", task, None if named else content_type, owner=owner
    ).attributes(record, rejected.entity or record.key or None, _time_of(record, rejected))
    return Outgoing(
        topic,
        record.key,
        record.value,
        (*record.headers, *attributes, *_reasons(record, rejected, task)),
        # A log has no place for "no timestamp", and the moment of the refusal would not repeat.
        max(record.timestamp, 0),
        record.partition,
    )


def original_headers(headers: Headers) -> Headers:
    """The headers that a dead letter's record had before it was one."""
    names = [name for name, _ in headers]
    if ATTRIBUTES[0] not in names:
        return headers
    return headers[: len(names) - 1 - names[::-1].index(ATTRIBUTES[0])]


def _time_of(record: Record, rejected: Rejected) -> str:
    micros = record.timestamp * 1_000 if rejected.time is None else rejected.time
    return to_rfc3339(min(max(micros, 0), LAST))


def _reasons(record: Record, rejected: Rejected, task: str) -> Headers:
    headers = DeadLetterHeaders(
        reason=rejected.reason,
        detail=rejected.detail,
        topic=record.topic,
        partition=str(record.partition),
        offset=str(record.offset),
        task=task,
        traceback=rejected.traceback or msgspec.UNSET,
    )
    named = zip(headers.__struct_encode_fields__, msgspec.structs.astuple(headers), strict=True)
    return tuple(
        (name, text.encode("utf-8", "replace")) for name, text in named if text is not msgspec.UNSET
    )
