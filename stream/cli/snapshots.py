"""The newest snapshot of every entity of a detector or predictor."""

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
from stream.runtime.manifest import decode_manifest
from stream.runtime.snapshots import decode_snapshot
from stream.transports.protocol import Transport

if TYPE_CHECKING:
    from stream.settings import Settings

_WHOLE = "(all)"


def snapshot_topics(settings: Settings, task: str | None) -> Mapping[str, str]:
    """Task -> snapshot topic, of one or of all.

    Raises ConfigError for an unknown one.
    """
    topics = {name: chosen.snapshots.topic for name, chosen in settings.detectors.items()}
    topics |= {name: chosen.snapshots.topic for name, chosen in settings.predictors.items()}
    topics |= {name: chosen.snapshots.topic for name, chosen in settings.recommenders.items()}
    if task is not None and task not in topics:
        raise ConfigError("--detector", [f"It must be one of {', '.join(topics)}, got '{task}'."])
    return {name: topic for name, topic in topics.items() if task in (None, name)}


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
    """Whose snapshot a record is, as it is shown; `(all)`: what a predictor's entities share, and of a recommender,
    which has pieces in place of entities, what they are together."""
    key = None if record.key is None else parse_key(record.key)
    return text(record.key if key is None else key.entity) or _WHOLE


def summary(task: str, record: Record) -> dict[str, Any]:
    """Where a snapshot belongs and how large it is; of a broken one, what is wrong with it."""
    document: dict[str, Any] = {
        "task": task,
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


def description(settings: Settings, task: str, record: Record) -> str:
    """All that a snapshot says, as indented JSON."""
    document = summary(task, record)
    try:
        state = decode_snapshot(record).state or b""
        if task not in settings.recommenders:
            document["state"] = _described(settings, task, state)
        elif document["entity"] == _WHOLE:
            document["pieces"] = {
                text(name): version.valid_at for name, version in decode_manifest(state).items()
            }
    except StateError as error:
        document["problem"] = str(error)
    return json.dumps(document, indent=2, ensure_ascii=False, default=str)


def _described(settings: Settings, task: str, state: bytes) -> dict[str, Any]:
    if task in settings.predictors:
        from stream.tasks.predict import PredictTask

        return PredictTask(settings, task).describe(state)
    from models.detector import describe

    return describe(state)
