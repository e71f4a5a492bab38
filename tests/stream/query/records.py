"""Score records and snapshots as a worker would write them."""

from __future__ import annotations

import msgspec

from stream.codec.score import Attribution, Expected, ScoreRecord, Source, Status
from stream.codec.timestamps import to_rfc3339
from stream.records import Outgoing, Record, TopicPartition
from stream.runtime.snapshots import Snapshot, encode_snapshot

NAME = "pumps"
INPUT = "pumps"
OUTPUT = "pumps.scores"
SNAPSHOTS = "cutstream.pumps.snapshots"
GROUP = "cutstream.pumps"

SECOND = 1_000_000
START = 1_577_836_800 * SECOND
"""2020-01-01T00:00:00Z, in microseconds."""


def score_value(
    entity: str,
    time: int = START,
    status: Status = "normal",
    *,
    grade: float = 0.0,
    offset: int = 0,
    partition: int = 0,
) -> bytes:
    """The value of one score record; `time` in microseconds."""
    anomalous = status == "anomaly"
    return msgspec.json.encode(
        ScoreRecord(
            detector=NAME,
            entity=entity,
            time=to_rfc3339(time),
            values={"flow": 12.5},
            score=1.5 if anomalous else 0.9,
            probability=0.0002 if anomalous else 0.4,
            grade=grade,
            confidence=1.0,
            threshold=1.25,
            expected={"flow": Expected(11.0, 10.0, 12.0)} if anomalous else None,
            attribution={"flow": Attribution(1.0, "high")} if anomalous else None,
            status=status,
            reasons=("score_above_threshold" if anomalous else "score_below_threshold",),
            imputed=(),
            observations=offset + 1,
            source=Source(INPUT, partition, offset),
        )
    )


def score(entity: str, time: int = START, status: Status = "normal", **more: float) -> Outgoing:
    """One record of the output topic."""
    partition = int(more.pop("partition", 0))
    value = score_value(entity, time, status, partition=partition, **more)  # type: ignore[arg-type]  # by name
    return Outgoing(OUTPUT, entity.encode(), value, (), max(time // 1000, 0), partition)


def read_back(outgoing: Outgoing, offset: int) -> Record:
    """The record as it would be read."""
    topic, key, value, headers, timestamp, partition = outgoing
    return Record(topic, partition or 0, offset, timestamp or 0, key, value, headers)


def snapshot(
    entity: bytes, state: bytes, *, valid_at: int = 1, partition: int = 0, time: int = START
) -> Outgoing:
    """One record of the snapshot topic."""
    content = Snapshot(entity, state, valid_at, 0)
    return encode_snapshot(content, SNAPSHOTS, TopicPartition(INPUT, partition), time // 1000)
