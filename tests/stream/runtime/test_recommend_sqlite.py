"""Real recommenders on a real log."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from models.recommend.recommender import Recommender
from stream.cli.service import make_worker, running
from stream.records import Outgoing, Record, TopicPartition
from stream.settings import Settings, loads
from stream.tasks.recommend import RecommendTask
from stream.topics.start import prepare
from stream.transports import Transport, connect
from tests.conftest import wait_until
from tests.stream.runtime.harness import Run, outputs

FILMS = {"war": ("heat", "ronin", "duel", "troy"), "love": ("amour", "carol", "her", "brief")}


def settings(url: str, more: str) -> Settings:
    return loads(
        f"""
        broker: {url}
        recommenders:
          films:
            input: {{topic: views, user: user, item: film, timestamp: at{more}
            memory: {{history: 20, context: 5}}
        """
    )


def view(user: str, film: str, at: int) -> Outgoing:
    value = json.dumps({"user": user, "film": film, "at": 1_700_000_000 + at}).encode()
    return Outgoing("views", user.encode(), value, (), 1_700_000_000_000 + at)


def views(count: int) -> list[Outgoing]:
    """Users who like one category, and watch its films in any order."""
    chance, seen = random.Random(3), dict[str, list[str]]()
    made = []
    for at in range(count):
        user = f"u{chance.randrange(40)}"
        kind = ("war", "love")[int(user[1:]) % 2]
        left = [film for film in FILMS[kind] if film not in seen.get(user, [])]
        if left:
            seen.setdefault(user, []).append(chance.choice(left))
            made.append(view(user, seen[user][-1], at))
    return made


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'log.db'}"


@pytest.fixture
def log(url: str) -> Iterator[Transport]:
    with closing(connect(url)) as opened:
        yield opened


def answers(log: Transport, topic: str = "views.recommendations") -> list[Record]:
    if topic not in log.topics():
        return []
    return list(log.read(TopicPartition(topic, 0), 0))


def items_of(record: Record) -> list[str]:
    return [item["item"] for item in json.loads(record.value or b"{}")["items"]]


def test_requests_items_and_forgotten_users_through_all_topics(url: str, log: Transport) -> None:
    made = settings(
        url,
        """, partitions: 2}
            items: {topic: films}
            users: {topic: accounts}
            requests: {topic: wishes}
            on_change: null
            metrics: {every: 50}""",
    )
    prepare(made, log)
    log.append(views(120))
    registry = CollectorRegistry()
    with running(make_worker(made, registry)):
        sequenced = TopicPartition("cutstream.films.sequenced", 0)

        def told(records: list[Outgoing]) -> None:
            """Write records, and wait until they stand in the one order."""
            there = len(list(log.read(sequenced, 0)))
            log.append(records)
            wait_until(lambda: len(list(log.read(sequenced, 0))) == there + len(records), 60)

        wait_until(lambda: len(list(log.read(sequenced, 0))) == len(views(120)), 60)
        told([view("new", "heat", 200)])
        told([Outgoing("wishes", b"reply-1", b'{"id": "1", "user": "new", "n": 3}')])
        wait_until(lambda: len(answers(log)) == 1, 60)
        told([Outgoing("films", b"ronin", None)])
        told([Outgoing("wishes", b"reply-2", b'{"id": "2", "user": "new", "n": 3}')])
        told([Outgoing("accounts", b"new", None)])
        wait_until(lambda: len(answers(log)) == 3, 60)
    first, second, gone = answers(log)
    assert (first.key, json.loads(first.value or b"")["request"]) == (b"reply-1", "1")
    assert set(items_of(first)) == {"ronin", "duel", "troy"}
    assert "ronin" not in items_of(second)
    assert set(items_of(second)[:2]) == {"duel", "troy"}
    assert (gone.key, gone.value) == (b"new", None)
    assert answers(log, "views.metrics")
    learned = registry.get_sample_value("cutstream_interactions_learned_total", {"task": "films"})
    assert learned == len(views(120)) + 1


def test_three_lives_say_what_one_says(tmp_path: Path) -> None:
    said = []
    for lives in (1, 3):
        url = f"sqlite:///{tmp_path / f'{lives}.db'}"
        made = settings(
            url,
            """}
            on_change: {every: 30s, n: 3}
            metrics: {every: 40}
            evaluation: {share: 0.5}
            snapshots: {every: 25}""",
        )
        with closing(connect(url)) as log:
            prepare(made, log)
            log.append(views(300))
            for life in range(lives):
                task = RecommendTask(made, "films", Recommender)
                last = life == lives - 1
                polls = 10**9 if last else 5
                run = Run(task, log, graceful=last, polls=polls, batch_size=17)()
                assert run.metric("cutstream_replay_mismatch_total") == 0
            topics = ("views.recommendations", "views.metrics")
            said.append([outputs(log, topic) for topic in topics])
    assert said[0] == said[1]
    assert all(len(records) > 2 for topic in said[0] for records in topic.values())
