"""CloudEvents 1.0 in binary mode: the attributes of an output record as headers."""

from __future__ import annotations

from typing import Literal

from stream.codec.keys import entity_text
from stream.codec.trace_context import trace_of
from stream.records import Headers, Record

Kind = (
    Literal["score", "alert", "dead-letter"]
    | Literal["prediction", "prediction-metrics", "model-change"]
    | Literal["recommendation", "recommendation-metrics"]
)
Owner = Literal["detectors", "recommenders", "predictors"]
"""The section of the configuration that a task stands in."""

JSON_TYPE = "application/json"
CONTENT_TYPE = "content-type"
ATTRIBUTES = ("ce_specversion", "ce_type", "ce_source", "ce_id", "ce_time", "ce_subject")
"""The headers of every output, in their order; an output without an entity lacks the last."""


class EventHeaders:
    """Makes the headers of one task's output records of one kind.

    content_type: the media type of their values; None where the values are not the task's own.
    """

    def __init__(
        self,
        kind: Kind,
        task: str,
        content_type: str | None = JSON_TYPE,
        *,
        owner: Owner = "detectors",
    ) -> None:
        self._constant: Headers = (
            ("ce_specversion", b"1.0"),
            ("ce_type", f"io.cutstream.{kind}.v1".encode()),
            ("ce_source", f"/cutstream/{owner}/{task}".encode()),
        )
        self._content: Headers = (
            () if content_type is None else ((CONTENT_TYPE, content_type.encode()),)
        )
        # Scores and alerts come from the same record and source, which an id must tell apart.
        self._suffix = (
            task if kind in ("score", "prediction", "recommendation") else f"{task}-{kind}"
        )

    def make(
        self, record: Record, entity: bytes | None, time: str, part: str | None = None
    ) -> Headers:
        """The headers of what `record` causes: `attributes`, and its trace context."""
        headers = self.attributes(record, entity, time, part)
        return headers + trace_of(record.headers) if record.headers else headers

    def attributes(
        self, record: Record, entity: bytes | None, time: str, part: str | None = None
    ) -> Headers:
        """The CloudEvents attributes. time: RFC 3339. part: see `identity`."""
        headers = (
            *self._constant,
            ("ce_id", self.identity(record, part).encode()),
            ("ce_time", time.encode()),
        )
        if entity is not None:
            subject = entity if entity.isascii() else entity_text(entity).encode()
            headers = (*headers, ("ce_subject", subject))
        return headers + self._content

    def identity(self, record: Record, part: str | None = None) -> str:
        """The id of what `record` causes. It depends on nothing but the record's place in the log,
        and on `part` where that causes several outputs of the kind."""
        place = f"{record.topic}-{record.partition}-{record.offset}-{self._suffix}"
        return place if part is None else f"{place}-{part}"
