"""Phishing pages with labels that come late, on a topic of their own, through a worker on a SQLite log."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry
from river.datasets import Phishing

from stream.cli.service import check_topics, make_worker
from stream.records import Outgoing, TopicPartition
from stream.scoreboard.promotion import promote
from stream.scoreboard.scoreboard import champions, newest_metrics, scoreboard
from stream.settings import Settings, loads
from stream.transports import Transport
from tests.conftest import wait_until

EVENTS, DELAY = 700, 40
CONFIG = """
broker: sqlite:///{path}
worker: {{poll_timeout: 0.05, batch_size: 100, snapshot_every: 300}}
predictors:
  phishing:
    input: {{topic: pages, id: page, key: site, timestamp: at, partitions: 2}}
    labels: {{topic: verdicts, id: about, label: phishing, key: site, timestamp: at}}
    metrics: {{every: 50, window: 200}}
    models:
      plain: [StandardScaler, LogisticRegression]
      tree: HoeffdingTreeClassifier
"""


@contextmanager
def working(settings: Settings) -> Iterator[None]:
    worker = make_worker(settings, CollectorRegistry())
    worker.start()
    try:
        yield
    finally:
        worker.stop()
        worker.join(30.0)


def test_phishing_is_learned_from_labels_that_come_late(tmp_path: Path) -> None:
    settings = loads(CONFIG.format(path=tmp_path / "log.db"))
    chosen = settings.predictors["phishing"]
    with closing(settings.log.open()) as log:
        check_topics(settings, log)
        pages, verdicts = inputs()
        half = EVENTS // 2
        log.append(pages[:half] + verdicts[:half])
        with working(settings):
            wait_until(lambda: matched(log) >= half - 100)
            promote(settings, log, "phishing", "tree", 1_000_000)
            wait_until(lambda: champions(log, chosen) == ["tree", "tree"])
        # Another worker goes on where the first was stopped.
        log.append(pages[half:] + verdicts[half:])
        with working(settings):
            wait_until(lambda: len(read(log, "pages.predictions")) == EVENTS)
            wait_until(lambda: matched(log) >= EVENTS - 100)
        predictions = read(log, "pages.predictions")
        assert {one["id"] for one in predictions} == {str(page) for page in range(EVENTS)}
        assert {one["model"] for one in predictions} == {"plain", "tree"}
        assert read(log, "pages.dlq") == []
        board = scoreboard(chosen, newest_metrics(log, chosen), champions(log, chosen), "total")
    assert [one.role for one in board.models] == ["challenger", "champion"]
    assert board.states == 2
    # How far the labels of the first half lag behind is up to the order in which two topics are read.
    for one in board.models:
        assert 0.5 < (one.figures["accuracy"] or 0.0) < 0.97
    truth = {str(page): y for page, (_, y) in enumerate(Phishing().take(EVENTS))}
    later = [one for one in predictions if int(one["id"]) >= half]
    for model in chosen.models:
        right = sum(one["models"][model]["prediction"] == truth[one["id"]] for one in later)
        assert 0.8 < right / len(later) < 0.97


def inputs() -> tuple[list[Outgoing], list[Outgoing]]:
    """Pages, and what they were found to be, DELAY seconds later."""
    pages, verdicts = [], []
    for page, (x, y) in enumerate(Phishing().take(EVENTS)):
        about = {"site": f"site-{page % 7}", "at": page}
        pages.append(sent("pages", {**about, "page": page, "features": x}))
        late = {**about, "at": page + DELAY, "about": page, "phishing": y}
        verdicts.append(sent("verdicts", late))
    return pages, verdicts


def sent(topic: str, value: dict[str, Any]) -> Outgoing:
    return Outgoing(topic, None, json.dumps(value).encode(), (), 1_000)


def matched(log: Transport) -> int:
    """Labels of which the newest metrics records tell."""
    newest = {one["source"]["partition"]: one["labels"] for one in _with_partition(log)}
    return sum(newest.values())


def _with_partition(log: Transport) -> list[dict[str, Any]]:
    found = []
    for partition in range(2):
        for record in log.read(TopicPartition("pages.metrics", partition), 0):
            document = json.loads(record.value or b"")
            document["source"]["partition"] = record.partition
            found.append(document)
    return found


def read(log: Transport, topic: str) -> list[dict[str, Any]]:
    return [
        json.loads(record.value or b"")
        for partition in range(log.topics()[topic].spec.partitions)
        for record in log.read(TopicPartition(topic, partition), 0)
    ]
