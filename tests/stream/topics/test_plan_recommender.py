"""What a log must have for a recommender."""

from __future__ import annotations

import pytest

from stream.settings import loads
from stream.topics.declared import of_configuration
from stream.topics.plan import Step, mismatches, plan
from stream.transports.protocol import TopicInfo

SETTINGS = loads(
    """
    broker: kafka://b:9092
    recommenders:
      shop:
        input: {topic: clicks, partitions: 4, user: u, item: i}
        items: {topic: films}
        output: {partitions: 3}
        snapshots: {every: 700}
    """
)


def planned(topic: str, bounds: tuple[int, int] = (0, 0), **spec: object) -> list[Step]:
    """The plan for a log of which one topic is not as declared."""
    infos = {}
    for one in of_configuration(SETTINGS):
        found = one.spec._replace(**spec) if one.spec.name == topic else one.spec  # type: ignore[arg-type]  # by name
        span = bounds if one.spec.name == topic else (0, 0)
        infos[one.spec.name] = TopicInfo(found, (span,) * found.partitions)
    return plan(SETTINGS, infos)


@pytest.mark.parametrize(
    ("topic", "sentence"),
    [
        ("cutstream.shop.sequenced", "must have 1 partition(s), got 2."),
        ("clicks.recommendations", "must have 3 partition(s), got 2."),
        ("clicks.dlq", "must have 4 partition(s), got 2."),
    ],
)
def test_partitions_behind_the_sources_are_fixed(topic: str, sentence: str) -> None:
    assert mismatches(planned(topic, partitions=2)) == [f"The topic '{topic}' {sentence}"]


@pytest.mark.parametrize(("topic", "setting"), [("clicks", "input"), ("films", "items")])
def test_a_source_has_the_partitions_that_its_own_setting_says(topic: str, setting: str) -> None:
    (found,) = mismatches(planned(topic, partitions=2))
    assert found.startswith(f"recommenders.shop.{setting}.partitions must be 2, which the topic")


def test_a_topic_of_items_may_be_compacted_or_not_as_its_setting_says() -> None:
    assert mismatches(planned("films", compact=True)) == []
    assert mismatches(planned("films", retention_ms=5)) == []
    assert mismatches(planned("films", compact=False)) == [
        "recommenders.shop.items.compact must be false, as the topic 'films' is not compacted, "
        "got true."
    ]


def test_a_restart_needs_what_the_recommenders_own_interval_says() -> None:
    steps = planned("cutstream.shop.sequenced", (100, 300))
    (warning,) = [text for step in steps for text in step.warnings]
    assert "the newest 700 records of a partition (recommenders.shop.snapshots.every)" in warning
