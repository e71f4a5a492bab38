"""Dead letters: what cannot be used, untouched, with the reason in headers."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from stream.codec.decoder import Rejected
from stream.codec.reasons import REJECT_SENTENCES, RejectReason
from stream.records import Outgoing, Record

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
    task: Annotated[str, Meta(description="The detector that refused it.")]


def dead_letter(record: Record, rejected: Rejected, task: str, topic: str) -> Outgoing:
    """`record` for the dead-letter `topic`: key, value, headers and timestamp as they were.

    It keeps its partition, so that dead letters stand in the order of their input.
    """
    headers = DeadLetterHeaders(
        reason=rejected.reason,
        detail=rejected.detail,
        topic=record.topic,
        partition=str(record.partition),
        offset=str(record.offset),
        task=task,
    )
    named = zip(headers.__struct_encode_fields__, msgspec.structs.astuple(headers), strict=True)
    return Outgoing(
        topic,
        record.key,
        record.value,
        (*record.headers, *((name, text.encode("utf-8", "replace")) for name, text in named)),
        # A log has no place for "no timestamp", and the moment of the refusal would not repeat.
        max(record.timestamp, 0),
        record.partition,
    )
