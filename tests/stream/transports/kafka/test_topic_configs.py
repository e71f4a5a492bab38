"""Declarations as Kafka's configuration, and back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import InvalidParameter
from stream.transports import TopicSpec
from stream.transports.kafka.topic_configs import (
    check_name,
    creation_configs,
    info_of,
    retention_configs,
)

LIMITS = st.none() | st.integers(0, 2**62)


@given(partitions=st.integers(1, 9), age=LIMITS, size=LIMITS)
def test_a_declaration_comes_back(partitions: int, age: int | None, size: int | None) -> None:
    spec = TopicSpec("t", partitions, age, size)
    configs = {"max.message.bytes": "1048588"} | creation_configs(spec)
    assert info_of("t", [(0, 0)] * partitions, configs).spec == spec


def test_a_compacted_topic_keeps_recent_duplicates_and_has_no_retention() -> None:
    configs = creation_configs(TopicSpec("t", compact=True))
    assert configs["cleanup.policy"] == "compact"
    assert configs["min.compaction.lag.ms"] == "3600000"
    info = info_of("t", [(0, 0)], {"max.message.bytes": "1048588"} | configs)
    assert info.spec == TopicSpec("t", compact=True)


@pytest.mark.parametrize(
    ("policy", "compact"), [("compact,delete", True), ("delete", False), ("delete, compact", True)]
)
def test_a_topic_of_others_is_read_as_it_is(policy: str, compact: bool) -> None:
    configs = {
        "cleanup.policy": policy,
        "retention.ms": "604800000",
        "retention.bytes": "-1",
        "max.message.bytes": "5",
    }
    info = info_of("t", [(3, 9)], configs)
    assert info.spec == TopicSpec("t", 1, 604_800_000, None, compact)
    assert info.bounds == ((3, 9),)


def test_nothing_but_retention_is_changed_later() -> None:
    spec = TopicSpec("t", retention_ms=5)
    assert retention_configs(spec) == {"retention.ms": "5", "retention.bytes": "-1"}


@pytest.mark.parametrize("name", ["", ".", "..", "a b", "ä", "a/b", "x" * 250])
def test_kafka_does_not_take_every_name(name: str) -> None:
    with pytest.raises(InvalidParameter, match=r"'name' of a topic must be 1 to 249 letters"):
        check_name("name", "a topic", name)


@pytest.mark.parametrize("name", ["a", "A.b_c-9", "x" * 249])
def test_kafka_takes_these(name: str) -> None:
    check_name("name", "a topic", name)
