from __future__ import annotations

from threading import Event

import pytest

from stream.cli.tail import following, known, newest
from stream.errors import UnknownTopic
from stream.records import Outgoing
from stream.transports import Transport
from stream.transports.protocol import TopicSpec


def fill(log: Transport, count: int, first: int = 0) -> None:
    log.append(
        [
            Outgoing("t", b"k%d" % (n % 5), b"%d" % n, (), n, n % 2)
            for n in range(first, first + count)
        ]
    )


def test_the_newest_come_from_all_partitions_in_the_order_of_their_times(log: Transport) -> None:
    log.ensure_topic(TopicSpec("t", 2))
    fill(log, 3_000)
    records, ends = newest(log, "t", 5)
    assert [record.value for record in records] == [b"%d" % n for n in range(2_995, 3_000)]
    assert ends == [1_500, 1_500]


def test_a_key_is_looked_for_over_as_many_records_as_it_takes(log: Transport) -> None:
    log.ensure_topic(TopicSpec("t", 2))
    log.append([Outgoing("t", b"rare", b"here", (), 0, 1)])
    fill(log, 5_000, first=1)
    records, _ = newest(log, "t", 3, b"rare")
    assert [record.value for record in records] == [b"here"]
    assert [r.value for r in newest(log, "t", 2, b"k1")[0]] == [b"4991", b"4996"]


def test_following_goes_on_from_the_ends_until_it_is_stopped(log: Transport) -> None:
    log.ensure_topic(TopicSpec("t", 2))
    fill(log, 10)
    _, ends = newest(log, "t", 1)
    fill(log, 10, first=10)
    stop, seen = Event(), []
    for record in following(log, "t", ends, None, stop):
        seen.append(record.value)
        if len(seen) == 10:
            fill(log, 1, first=20)
        if len(seen) == 11:
            stop.set()
    assert sorted(seen, key=lambda value: int(value or 0)) == [b"%d" % n for n in range(10, 21)]


def test_following_a_key_passes_over_the_others(log: Transport) -> None:
    log.ensure_topic(TopicSpec("t", 2))
    fill(log, 10)
    stop, seen = Event(), []
    for record in following(log, "t", [0, 0], b"k3", stop):
        seen.append(record.value)
        if len(seen) == 2:
            stop.set()
    assert sorted(seen) == [b"3", b"8"]  # type: ignore[type-var]  # no value is None


def test_of_many_topics_the_nearest_names_are_told(log: Transport) -> None:
    for n in range(30):
        log.ensure_topic(TopicSpec(f"other-{n}"))
    log.ensure_topic(TopicSpec("sensors"))
    with pytest.raises(UnknownTopic) as caught:
        known(log, "sensor")
    assert str(caught.value) == (
        "The topic must be one of the log's (sensors, 30 others), got 'sensor'."
    )
