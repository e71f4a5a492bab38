"""What the demo's recommender and predictor are sent, and what is read back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import msgspec
import pytest

from stream.codec.recommendation.measured import Figures, RecommenderMetricsRecord, Scope
from stream.codec.score import Source
from stream.demo.films import FILMS, Films, film_records, last_measures, recall_so_far
from stream.demo.phishing import DELAY, PHISHING, SITES, accuracy_so_far, site_records
from stream.demo.play import LogPlayer
from stream.demo.ratings import Item, Rating
from stream.demo.stage import CONFIG
from stream.records import Committed, Outgoing, TopicPartition
from stream.settings import Settings, load
from stream.topics.start import prepare
from stream.transports import Transport, connect
from tests.conftest import wait_until

MADE = Films(
    [Item("1", "A (1999)", ("Drama",), 1999), Item("2", "B", (), None, since=50)],
    [Rating("u", "1", 5.0, 40, True), Rating("u", "2", 2.0, 60, False)],
    "nowhere",
)


@pytest.fixture
def settings() -> Settings:
    return load(CONFIG)


@pytest.fixture
def log(tmp_path: Path, settings: Settings) -> Iterator[Transport]:
    transport = connect(f"sqlite:///{tmp_path}/log.db")
    prepare(settings, transport)
    yield transport
    transport.close()


def test_items_and_ratings_go_out_by_time(settings: Settings) -> None:
    records = [*film_records(MADE, settings.recommenders[FILMS])]
    assert [(r.topic, r.key, r.timestamp) for r in records] == [
        ("films", b"1", 40_000),
        ("ratings", b"u", 40_000),
        ("films", b"2", 50_000),
        ("ratings", b"u", 60_000),
    ]
    documents = [json.loads(r.value or b"") for r in records]
    assert documents[0] == {"categories": ["Drama"], "text": "A (1999)", "numbers": {"year": 1999}}
    assert [documents[1]["type"], documents[3]["type"]] == ["liked", "rated"]


def test_a_label_comes_after_its_site_in_the_same_topic(settings: Settings) -> None:
    records = [json.loads(r.value or b"") for r in site_records(settings.predictors[PHISHING])]
    assert len(records) == 2 * SITES
    sites = [r["id"] for r in records if "phishing" not in r]
    labels = [r["id"] for r in records if "phishing" in r]
    assert sites == labels == list(range(SITES))
    assert records.index({"id": 0, "time": records[DELAY]["time"], "phishing": True}) == DELAY
    assert [r["time"] for r in records] == sorted(r["time"] for r in records)


def test_a_player_follows_how_far_its_task_is(settings: Settings, log: Transport) -> None:
    chosen = settings.recommenders[FILMS]
    player = LogPlayer(
        log,
        FILMS,
        chosen,
        4,
        lambda: film_records(MADE, chosen),
        lambda: recall_so_far(log, chosen),
    )
    assert player.look()[1:] == (4, 0, 0, 0, "-", 0.0)
    player.start()
    wait_until(lambda: player.look().sent == 4)
    assert not player.look().complete
    session = log.session("cutstream.films", [chosen.log_topic], member="m")
    session.poll(1, 0.0)
    session.begin()
    session.commit({TopicPartition(chosen.log_topic, 0): Committed(4)})
    session.close()
    assert player.look().complete


def test_what_stops_the_sending_is_raised(settings: Settings, log: Transport) -> None:
    def broken() -> Iterator[Outgoing]:
        yield from islice(film_records(MADE, settings.recommenders[FILMS]), 1)
        raise OSError("the file is gone")

    player = LogPlayer(log, FILMS, settings.recommenders[FILMS], 4, broken, str)
    player.start()
    with pytest.raises(OSError, match="the file is gone"):
        wait_until(lambda: player.look().complete)


def test_the_newest_measures_count(settings: Settings, log: Transport) -> None:
    chosen = settings.recommenders[FILMS]
    assert last_measures(log, chosen) is None
    assert accuracy_so_far(log, settings.predictors[PHISHING]) == "-"
    for recall in (0.1, 0.25):
        scope = Scope(*[Figures(9, recall, recall, recall)] * 3, None, None)
        record = RecommenderMetricsRecord(
            FILMS, "2024-01-01T00:00:00.000000Z", 9, 10, 5, scope, scope, Source("ratings", 0, 8)
        )
        log.append([Outgoing(chosen.metrics.topic, b"films", msgspec.json.encode(record))])
    assert recall_so_far(log, chosen) == "recall@10 0.250"
