"""What tasks of different kinds may share."""

from __future__ import annotations

import pytest

from stream.errors import ConfigError
from stream.settings import loads

DETECTOR = "detectors: {d: {input: {topic: events, features: [x]}}}\n"
SHOP = "recommenders: {shop: {input: {topic: clicks, user: u, item: i}%s}}"


def problems(text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        loads(text)
    return caught.value.problems


def test_a_name_is_unique_over_all_kinds() -> None:
    text = DETECTOR + "recommenders: {d: {input: {topic: clicks, user: u, item: i}}}"
    (found,) = [one for one in problems(text) if "name" in one]
    assert found == "recommenders.d must have another name than detectors.d, got 'd' for both."


def test_a_configuration_may_have_recommenders_alone() -> None:
    settings = loads(SHOP % "")
    assert [task.path for task in settings.tasks] == ["recommenders.shop"]


def test_a_detector_may_watch_what_a_recommender_reads_and_writes() -> None:
    assert loads(
        "detectors: {d: {input: {topic: clicks, features: [x]}, dead_letters: {topic: d.dlq}},"
        "  e: {input: {topic: clicks.metrics, features: [recall]}}}\n" + SHOP % ""
    )


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (
            ", output: {topic: events.scores}",
            "recommenders.shop.output.topic must differ from detectors.d.output.topic, got "
            "'events.scores' for both.",
        ),
        (
            ", items: {topic: clicks}",
            "recommenders.shop.items.topic must differ from recommenders.shop.input.topic, got "
            "'clicks' for both.",
        ),
        (
            ", requests: {topic: events, partitions: 2}",
            "recommenders.shop.requests.partitions must be 1, as detectors.d.input shares the "
            "topic 'events', got 2.",
        ),
        (
            ", snapshots: {topic: cutstream.d.snapshots}",
            "recommenders.shop.snapshots.topic must differ from detectors.d.snapshots.topic, got "
            "'cutstream.d.snapshots' for both.",
        ),
    ],
)
def test_what_they_may_not_share(more: str, sentence: str) -> None:
    assert problems(DETECTOR + SHOP % more) == [sentence]


def test_a_topic_whose_partitions_are_fixed_cannot_be_adapted() -> None:
    text = (
        "detectors: {d: {input: {topic: events, partitions: 2, features: [x]}}}\n"
        + SHOP % ", dead_letters: {topic: events.dlq}"
    )
    assert problems(text) == [
        "recommenders.shop.dead_letters.topic must differ from detectors.d.dead_letters.topic, "
        "which has 2 partition(s) where 1 are needed, got 'events.dlq' for both."
    ]
