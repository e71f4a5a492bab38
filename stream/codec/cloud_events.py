"""CloudEvents 1.0 in binary mode: the attributes of an output record as headers."""

from __future__ import annotations

from stream.codec.keys import entity_text
from stream.records import Headers, Record

SCORE_TYPE = "io.cutstream.score.v1"
TRACE = "traceparent"


class ScoreHeaders:
    """Makes the headers of one detector's score records."""

    def __init__(self, detector: str) -> None:
        self._constant = (
            ("ce_specversion", b"1.0"),
            ("ce_type", SCORE_TYPE.encode()),
            ("ce_source", f"/cutstream/detectors/{detector}".encode()),
            ("content-type", b"application/json"),
        )
        self._detector = detector

    def make(self, record: Record, entity: bytes, time: str) -> Headers:
        """The headers of the score of `record`. The id depends on nothing but its place in the log.

        A `traceparent` of the input goes on with the output.
        """
        identity = f"{record.topic}-{record.partition}-{record.offset}-{self._detector}"
        headers = (
            *self._constant,
            ("ce_id", identity.encode()),
            ("ce_time", time.encode()),
            ("ce_subject", entity if entity.isascii() else entity_text(entity).encode()),
        )
        if not record.headers:
            return headers
        return headers + tuple(header for header in record.headers if header[0] == TRACE)
