"""A topic's declaration as Kafka's configuration, and back."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from models.errors import InvalidParameter
from stream.transports.protocol import TopicInfo, TopicSpec

UNLIMITED = "-1"
COMPACTION_LAG_MS = 3_600_000
"""Kafka's compaction leaves one record of a key; it may not touch those younger than this."""
COMPACTED_SEGMENT_BYTES = 64 * 1024 * 1024
"""The newest segment is never compacted, and by default it grows to 1 GiB."""
_NAME = re.compile(r"[A-Za-z0-9._-]{1,249}")


def check_name(field: str, owner: str, name: str) -> None:
    """Raise InvalidParameter for a name that Kafka takes neither for topics nor for members."""
    if not _NAME.fullmatch(name) or name in (".", ".."):
        rule = "1 to 249 letters, digits, '.', '_' and '-', and not '.' or '..'"
        raise InvalidParameter(field, owner, rule, name)


def creation_configs(spec: TopicSpec) -> dict[str, str]:
    """What a topic is created with. Whatever is not in here is the cluster's default."""
    configs = retention_configs(spec) | {"message.timestamp.type": "CreateTime"}
    if spec.max_message_bytes is not None:
        configs["max.message.bytes"] = str(spec.max_message_bytes)
    if not spec.compact:
        return configs | {"cleanup.policy": "delete"}
    return configs | {
        "cleanup.policy": "compact",
        "min.compaction.lag.ms": str(COMPACTION_LAG_MS),
        "segment.bytes": str(COMPACTED_SEGMENT_BYTES),
    }


def retention_configs(spec: TopicSpec) -> dict[str, str]:
    """The part that may change later."""
    return {
        "retention.ms": _limit(spec.retention_ms),
        "retention.bytes": _limit(spec.retention_bytes),
    }


def is_compacted(configs: Mapping[str, str]) -> bool:
    """Whether the cleaner keeps only the newest record of a key."""
    return "compact" in _policies(configs)


def info_of(name: str, bounds: Sequence[tuple[int, int]], configs: Mapping[str, str]) -> TopicInfo:
    """A topic as it is. A limit of retention says nothing of a topic that is only compacted."""
    deletes = "delete" in _policies(configs)
    spec = TopicSpec(
        name,
        len(bounds),
        _number(configs["retention.ms"]) if deletes else None,
        _number(configs["retention.bytes"]) if deletes else None,
        is_compacted(configs),
    )
    return TopicInfo(spec, tuple(bounds), message_limit(configs))


def message_limit(configs: Mapping[str, str]) -> int:
    """The largest batch of records that the topic takes, in bytes."""
    return int(configs["max.message.bytes"])


def _policies(configs: Mapping[str, str]) -> list[str]:
    return [policy.strip() for policy in configs["cleanup.policy"].split(",")]


def _limit(limit: int | None) -> str:
    return UNLIMITED if limit is None else str(limit)


def _number(limit: str) -> int | None:
    return None if limit == UNLIMITED else int(limit)
