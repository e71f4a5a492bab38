"""What every transport refuses before it writes anything, and what is missing where it is read."""

from __future__ import annotations

from collections.abc import Mapping

from models.errors import InvalidParameter
from stream.errors import TopicMismatch, UnknownTopic
from stream.records import Committed, TopicPartition
from stream.transports.protocol import TopicInfo, TopicSpec

MAX_PARTITIONS = 1024
METADATA_LIMIT = 4095
"""Of the 4,096 bytes that Kafka takes by default, one client spends the last on a terminator."""


def check_spec(spec: TopicSpec) -> None:
    """Raise InvalidParameter for a topic that no log can have."""
    owner = f"topic {spec.name!r}"
    if not spec.name:
        raise InvalidParameter("name", "a topic", "at least one character", spec.name)
    if not 1 <= spec.partitions <= MAX_PARTITIONS:
        raise InvalidParameter("partitions", owner, f"from 1 to {MAX_PARTITIONS}", spec.partitions)
    for field, limit in (
        ("retention_ms", spec.retention_ms),
        ("retention_bytes", spec.retention_bytes),
    ):
        if limit is not None and limit < 0:
            raise InvalidParameter(field, owner, "at least 0, or null", limit)


def check_declaration(spec: TopicSpec, partitions: int, compact: bool) -> None:
    """Raise TopicMismatch where what never changes of a topic is not as declared."""
    for field, declared, actual in (
        ("partitions", spec.partitions, partitions),
        ("compact", spec.compact, compact),
    ):
        if declared != actual:
            raise TopicMismatch(
                f"The {field!r} of topic {spec.name!r} must be {actual!r}, as in the log, "
                f"got {declared!r}."
            )


def check_partition(topic: str, partition: int, partitions: int) -> None:
    """Raise InvalidParameter unless the topic, of so many partitions, has this one."""
    if not 0 <= partition < partitions:
        rule = f"from 0 to {partitions - 1}"
        raise InvalidParameter("partition", f"topic {topic!r}", rule, partition)


def check_key(topic: str, key: bytes | None) -> None:
    """Raise InvalidParameter for a key that a compacted topic cannot hold."""
    if key is None:
        owner = f"a record for the compacted topic {topic!r}"
        raise InvalidParameter("key", owner, "bytes", None)


def check_committed(tp: TopicPartition, committed: Committed) -> None:
    """Raise InvalidParameter for a position that cannot be committed."""
    owner = f"the commit of {tp.topic}/{tp.partition}"
    if committed.offset < 0:
        raise InvalidParameter("offset", owner, "at least 0", committed.offset)
    length = len(committed.metadata)
    if length > METADATA_LIMIT:
        rule = f"at most {METADATA_LIMIT} characters"
        raise InvalidParameter("metadata", owner, rule, f"{length} characters")


def bounds_of(topics: Mapping[str, TopicInfo], tp: TopicPartition) -> tuple[int, int]:
    """First kept offset and end of a partition. Raises UnknownTopic, as for one that was deleted meanwhile."""
    info = topics.get(tp.topic)
    if info is None:
        raise UnknownTopic(f"The topic {tp.topic!r} must exist, got no such topic.")
    if tp.partition >= len(info.bounds):
        raise UnknownTopic(
            f"The topic {tp.topic!r} must have a partition {tp.partition}, got {len(info.bounds)} "
            "partitions."
        )
    return info.bounds[tp.partition]
