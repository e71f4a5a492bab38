"""Bytes of input records to events, and decisions to output records."""

from stream.codec.alert import AlertRecord, Severity
from stream.codec.alert_writer import AlertWriter
from stream.codec.dead_letters import dead_letter, original_headers
from stream.codec.decoder import Event, InputDecoder, InputFormat, MissingPolicy
from stream.codec.envelope import Envelope, EnvelopeReader, Rejected
from stream.codec.keys import SINGLE_ENTITY, entity_text
from stream.codec.reasons import REJECT_SENTENCES, SCORE_SENTENCES, RejectReason, ScoreReason
from stream.codec.schema import SCHEMAS, schema
from stream.codec.score import ScoreRecord
from stream.codec.score_writer import ScoreWriter

__all__ = [
    "REJECT_SENTENCES",
    "SCHEMAS",
    "SCORE_SENTENCES",
    "SINGLE_ENTITY",
    "AlertRecord",
    "AlertWriter",
    "Envelope",
    "EnvelopeReader",
    "Event",
    "InputDecoder",
    "InputFormat",
    "MissingPolicy",
    "RejectReason",
    "Rejected",
    "ScoreReason",
    "ScoreRecord",
    "ScoreWriter",
    "Severity",
    "dead_letter",
    "entity_text",
    "original_headers",
    "schema",
]
