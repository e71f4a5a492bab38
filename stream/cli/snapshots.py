"""The newest snapshot of every entity of a detector."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from models.errors import StateError
from stream.cli.tail import known
from stream.cli.wording import moment, text
from stream.errors import ConfigError
from stream.records import Record, TopicPartition
from stream.replay.tail import newest_first
from stream.runtime.chunks import parse_key, whole
from stream.runtime.snapshots import decode_snapshot
from stream.transports.protocol import Transport

if TYPE_CHECKING:
    from stream.settings import Settings


def snapshot_topics(settings: Settings, detector: str | None) -> Mapping[str, str]:
    """Detector -> snapshot topic, of one detector or of all.

    Raises ConfigError for an unknown one.
    """
    if detector is not None and detector not in settings.detectors:
        names = ", ".join(settings.detectors)
        raise ConfigError("--detector", [f"It must be one of {names}, got '{detector}'."])
    return {
        name: chosen.snapshots.topic
        for name, chosen in settings.detectors.items()
        if detector in (None, name)
    }


def newest_snapshots(log: Transport, topic: str) -> Iterator[Record]:
    """Iterate over the newest snapshot of every entity that has state, the youngest first."""
    for partition, (first, end) in enumerate(known(log, topic).bounds):
        seen: set[bytes | None] = set()
        for record in newest_first(log, TopicPartition(topic, partition), first, end):
            key = None if record.key is None else parse_key(record.key)
            if key is not None and key.chunk:
                continue
            if record.key not in seen and record.value is not None:
                yield whole(log, record)
            seen.add(record.key)


def entity_of(record: Record) -> str:
    """Whose snapshot a record is, as it is shown."""
    key = None if record.key is None else parse_key(record.key)
    return text(record.key if key is None else key.entity)


def summary(detector: str, record: Record) -> dict[str, Any]:
    """Where a snapshot belongs and how large it is; of a broken one, what is wrong with it."""
    document: dict[str, Any] = {
        "detector": detector,
        "entity": entity_of(record),
        "partition": record.partition,
        "bytes": len(record.value or b""),
        "written": moment(record.timestamp),
    }
    try:
        document["valid_at"] = decode_snapshot(record).valid_at
    except StateError as error:
        document["problem"] = str(error)
    return document


def description(detector: str, record: Record) -> str:
    """All that a snapshot says, as indented JSON."""
    from models.detector import describe

    document = summary(detector, record)
    try:
        document["state"] = describe(decode_snapshot(record).state or b"")
    except StateError as error:
        document["problem"] = str(error)
    return json.dumps(document, indent=2, ensure_ascii=False, default=str)
