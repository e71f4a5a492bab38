"""Control records: what a predictor is told to do, as records of its own log."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from stream.codec.envelope import Rejected
from stream.codec.kinds import Kind, kind_header
from stream.codec.reasons import RejectReason
from stream.codec.timestamps import to_microseconds, to_rfc3339
from stream.records import Outgoing, Record


class Promotion(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """That another model of a predictor becomes champion."""

    predictor: Annotated[str, Meta(min_length=1, description="Name of the predictor.")]
    promote: Annotated[str, Meta(min_length=1, description="Name of the model.")]
    time: Annotated[
        str, Meta(description="When this was asked for: RFC 3339 in UTC, with microseconds.")
    ]


_decode = msgspec.json.Decoder(Promotion).decode
_encode = msgspec.json.Encoder().encode


def promotion_record(
    topic: str, partition: int, predictor: str, model: str, micros: int
) -> Outgoing:
    """The control record that promotes a model from its place in a partition of the log on."""
    value = _encode(Promotion(predictor, model, to_rfc3339(micros)))
    return Outgoing(
        topic, None, value, (kind_header(Kind.CONTROL),), max(micros // 1_000, 0), partition
    )


def read_control(record: Record) -> tuple[Promotion, int] | Rejected:
    """The promotion that a control record asks for, and its time in microseconds; or why there is none."""
    try:
        promotion = _decode(record.value or b"")
    except (msgspec.MsgspecError, ValueError) as error:
        detail = f"The control record must promote a model: {error}."
        return Rejected(RejectReason.BAD_CONTROL, detail)
    micros = to_microseconds(promotion.time)
    if micros is None:
        detail = f"The time of the control record must be RFC 3339, got {promotion.time!r}."
        return Rejected(RejectReason.BAD_CONTROL, detail)
    return promotion, micros
