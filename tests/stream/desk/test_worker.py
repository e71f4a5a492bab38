"""The desk as people run it, on a real broker."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from stream.records import Record
from tests.conftest import wait_until
from tests.stream.desk.process import DeskProcess
from tests.stream.tables.records import alert, recommendation, record

SECONDS = 60.0
TOKEN = "hush"


class Topics:
    """An alert topic of two partitions and a recommendation topic of one, and who writes them."""

    def __init__(self, address: str) -> None:
        self.name = f"desk-{uuid4().hex[:12]}"
        self.alerts, self.recommendations = f"{self.name}.alerts", f"{self.name}.recommendations"
        self._servers = {"bootstrap.servers": address}
        admin = AdminClient(self._servers)
        wanted = [NewTopic(self.alerts, 2, 1), NewTopic(self.recommendations, 1, 1)]
        for future in admin.create_topics(wanted).values():
            future.result()
        self._producer = Producer({**self._servers, "transactional.id": self.name})
        self._producer.init_transactions(SECONDS)

    def left(self) -> list[int]:
        """By partition of the alerts, the offsets that the desk has not committed yet."""
        consumer = Consumer({**self._servers, "group.id": self.name})
        tps = [TopicPartition(self.alerts, partition) for partition in range(2)]
        ends = [consumer.get_watermark_offsets(tp)[1] for tp in tps]
        done = [tp.offset for tp in consumer.committed(tps)]
        consumer.close()
        return [end - offset for end, offset in zip(ends, done, strict=True)]

    def write(self, *records: Record, commit: bool = True) -> None:
        """Write records in one transaction, and commit or abort it."""
        self._producer.begin_transaction()
        for each in records:
            kind = each.topic.rpartition(".")[2]
            topic = self.alerts if kind == "alerts" else self.recommendations
            self._producer.produce(topic, each.value, each.key, each.partition)
        self._producer.flush()
        if commit:
            self._producer.commit_transaction()
        else:
            self._producer.abort_transaction()


@pytest.fixture
def topics(kafka_address: str) -> Topics:
    return Topics(kafka_address)


@pytest.fixture
def new_desk(
    kafka_address: str, topics: Topics, tmp_path: Path
) -> Iterator[Callable[[], DeskProcess]]:
    """Makes desks of one id on the topics; they end with the test."""
    desks: list[DeskProcess] = []

    def make() -> DeskProcess:
        desks.append(
            DeskProcess(
                tmp_path / f"desk-{len(desks)}.log",
                broker=f"kafka://{kafka_address}",
                alert_topics=topics.alerts,
                recommendation_topics=topics.recommendations,
                desk_id=topics.name,
                desk_session_timeout="2s",
                desk_token=TOKEN,
            )
        )
        return desks[-1]

    yield make
    for desk in desks:
        desk.kill()


@pytest.fixture
def desk(new_desk: Callable[[], DeskProcess]) -> DeskProcess:
    return new_desk()


def counts(desk: DeskProcess) -> dict[str, int]:
    """Entity -> how many alerts its row counts."""
    status, answer = desk.ask("/alerts/", token=TOKEN)
    return {each["entity"]: each["count"] for each in answer["alerts"]} if status == 200 else {}


def shows(desk: DeskProcess, expected: dict[str, int]) -> Callable[[], bool]:
    return lambda: counts(desk) == expected


def ask(desk: DeskProcess, path: str, method: str = "GET") -> Any:
    status, answer = desk.ask(path, method, TOKEN)
    assert status == 200, answer
    return answer


def test_the_desk_shows_exactly_what_was_committed_and_keeps_it_through_a_kill(
    topics: Topics, desk: DeskProcess
) -> None:
    topics.write(alert(0, 0, entity="a"), alert(1, 1, entity="ghost"), commit=False)
    topics.write(alert(0, 0, entity="a"), alert(0, 0, entity="b/ü", partition=1))
    desk.start()
    wait_until(shows(desk, {"a": 1, "b/ü": 1}), SECONDS)
    topics.write(alert(2, 2, entity="a"), alert(3, 3, entity="ghost"), commit=False)
    topics.write(record("x.alerts", b"poison"), alert(4, 4, entity="a", grade=0.9))
    topics.write(alert(5, 5, entity="c"), recommendation(0, 0, items=("x", "y")))
    wait_until(shows(desk, {"a": 2, "b/ü": 1, "c": 1}), SECONDS)
    unreadable = f'cutstream_desk_records_total{{outcome="unreadable",topic="{topics.alerts}"}}'
    assert desk.metric(unreadable) == 1
    wait_until(lambda: desk.ask("/recommendations/u/", token=TOKEN)[0] == 200, SECONDS)
    noticed = ask(desk, "/alerts/pipes/b%2F%C3%BC/acknowledge/?by=ann", "POST")
    assert noticed["acknowledged"]["by"] == "ann"

    before = ask(desk, "/alerts/"), ask(desk, "/recommendations/u/")
    desk.kill()
    desk.start()
    wait_until(lambda: desk.ask("/readyz")[0] == 200 and len(counts(desk)) == 3, SECONDS)
    topics.write(alert(6, 6, entity="d"), alert(7, 7, entity="d"))
    wait_until(lambda: counts(desk).get("d") == 2, SECONDS)
    after = [each for each in ask(desk, "/alerts/")["alerts"] if each["entity"] != "d"]
    assert after == before[0]["alerts"]
    assert ask(desk, "/recommendations/u/") == before[1]
    # All but the marker of the last transaction, across those of the aborted ones.
    wait_until(lambda: topics.left() == [1, 1], SECONDS)
    assert desk.stop() == 0


def test_desks_of_one_id_share_the_partitions_and_take_over(
    topics: Topics, new_desk: Callable[[], DeskProcess]
) -> None:
    def batch(first: int) -> list[Record]:
        return [alert(first + i, first, entity=f"e{i}", partition=i % 2) for i in range(4)]

    one, other = new_desk(), new_desk()
    topics.write(*batch(0))
    one.start()
    wait_until(shows(one, {f"e{i}": 1 for i in range(4)}), SECONDS)
    other.start()
    wait_until(lambda: len(counts(one)) == len(counts(other)) == 2, SECONDS)
    topics.write(*batch(10))
    both = {f"e{i}": 2 for i in range(4)}
    wait_until(lambda: {**counts(one), **counts(other)} == both, SECONDS)
    one.kill()
    wait_until(shows(other, both), SECONDS)
    topics.write(*batch(20))
    wait_until(shows(other, {f"e{i}": 3 for i in range(4)}), SECONDS)
