from __future__ import annotations

import pytest

from models.errors import InvalidParameter
from stream.dead_letters import (
    Filter,
    dead_letter_topic,
    dead_letter_topics,
    letter_at,
    newest_letters,
)
from stream.errors import UnknownTopic
from stream.records import Outgoing, TopicPartition
from stream.transports.protocol import TopicSpec, Transport
from tests.stream.dead_letters.letters import fill, letter

DLQ = "readings.dlq"


def test_the_newest_that_are_meant_come_oldest_first(log: Transport) -> None:
    fill(log, 30)
    info = log.topics()[DLQ]
    found = newest_letters(log, DLQ, info, Filter(reason="undecodable"), 3)
    assert [(one.offset, one.partition, one.topic) for one in found] == [
        (125, 1, "readings"),
        (127, 1, "readings"),
        (129, 1, "readings"),
    ]
    assert found[0].detail == "It is number 25."
    assert newest_letters(log, DLQ, info, Filter(since=30_000), 3) == []


def test_a_letter_is_found_by_its_place(log: Transport) -> None:
    fill(log, 4)
    found = letter_at(log, TopicPartition(DLQ, 1), 1)
    assert found is not None
    assert found.offset == 103
    assert letter_at(log, TopicPartition(DLQ, 1), 9) is None


def test_a_topic_is_known_by_its_records_or_by_its_name(log: Transport) -> None:
    assert dead_letter_topic(log, "readings")[0] == DLQ
    assert dead_letter_topic(log, DLQ)[0] == DLQ
    assert list(dead_letter_topics(log)) == [DLQ]
    log.append([letter(0, "other")])
    assert dead_letter_topic(log, "other")[0] == "other"
    assert list(dead_letter_topics(log, {"other"})) == ["other"]


@pytest.mark.parametrize(
    ("topic", "error", "sentence"),
    [
        ("nowhere", UnknownTopic, r"\(readings.dlq\), got 'nowhere', which does not exist"),
        ("other", InvalidParameter, "other: its record 1:0 lacks the headers of a dead letter"),
        ("foreign.dlq", InvalidParameter, "its record 0:0 lacks the headers"),
        ("empty", InvalidParameter, "it is empty, and not named as one"),
    ],
)
def test_a_topic_of_other_records_is_refused(
    log: Transport, topic: str, error: type[Exception], sentence: str
) -> None:
    log.ensure_topic(TopicSpec("foreign.dlq"))
    log.ensure_topic(TopicSpec("empty"))
    log.append([Outgoing("other", b"k", b"v", partition=1), Outgoing("foreign.dlq", b"k", b"v")])
    with pytest.raises(error, match=sentence):
        dead_letter_topic(log, topic)
