"""What is written over HTTP for recommenders to read, and what is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from stream.records import Record, TopicPartition
from stream.settings import loads
from stream.tasks.recommend import RecommendTask
from stream.transports import Transport
from tests.api.recommending import CONFIGURATION, Popular
from tests.conftest import wait_until

FILMS = "/v1/recommenders/films"
EVENTS = f"{FILMS}/events"
EVENT = {"user": "a", "item": "1", "type": "buy", "time": "2024-01-01T00:00:00Z"}
TOPICS = "items: {topic: films}\n    users: {topic: forgotten, partitions: 2}"
Start = Callable[..., TestClient]


@pytest.fixture
def start(empty_transport: Transport, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Starts the application with some topics beside that of interactions, writing or not."""
    monkeypatch.setattr("api.live.Recommender", Popular)
    clients: list[TestClient] = []

    def start(topics: str = "", writes: str = "true") -> TestClient:
        settings = loads(CONFIGURATION % (writes, topics))
        for spec in settings.recommenders["films"].topics.values():
            empty_transport.ensure_topic(spec)
        client = TestClient(create_app(settings, empty_transport), raise_server_exceptions=False)
        clients.append(client)
        return client.__enter__()

    yield start
    for client in clients:
        client.__exit__(None, None, None)


def written(log: Transport, topic: str) -> list[Record]:
    partitions = log.topics()[topic].spec.partitions
    return [r for p in range(partitions) for r in log.read(TopicPartition(topic, p), 0)]


def test_an_interaction_is_written_and_learned(start: Start, empty_transport: Transport) -> None:
    client = start()
    answer = client.post(EVENTS, json=EVENT)
    assert answer.json() == {
        "written": [{"topic": "ratings", "partition": 0, "offset": 0}],
        "after": "0:0",
    }
    wait_until(lambda: client.get(FILMS).status_code == 200)
    known = client.get(f"{FILMS}/users/a", params={"after": "0:0", "wait": 10})
    wait_until(lambda: client.get(f"{FILMS}/users/a").status_code == 200)
    assert known.status_code in (200, 503)  # the follower may not have begun
    (record,) = written(empty_transport, "ratings")
    assert record.key == b"a"
    known = client.get(f"{FILMS}/users/a").json()
    assert known["history"][0] | {"type": "buy", "weight": 3.0} == known["history"][0]


def test_several_are_written_in_their_order(start: Start, empty_transport: Transport) -> None:
    answer = start().post(EVENTS, json=[EVENT | {"item": str(n)} for n in range(5)]).json()
    assert [place["offset"] for place in answer["written"]] == [0, 1, 2, 3, 4]
    assert answer["after"] == "0:4"
    assert len(written(empty_transport, "ratings")) == 5


def test_one_that_cannot_be_read_keeps_all_from_being_written(
    start: Start, empty_transport: Transport
) -> None:
    events = [EVENT, EVENT | {"item": None}, EVENT | {"type": "look"}, EVENT | {"time": "soon"}]
    answer = start().post(EVENTS, json=events)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    faults = {fault["parameter"]: fault["detail"] for fault in answer.json()["errors"]}
    assert list(faults) == ["events.1", "events.2", "events.3"]
    assert "The item at 'item' must be text" in faults["events.1"]
    assert "must be one of view, buy" in faults["events.2"]
    assert written(empty_transport, "ratings") == []


@pytest.mark.parametrize("events", [[], [EVENT] * 1001, "x", [1]])
def test_too_few_too_many_and_none_at_all(start: Start, events: Any) -> None:
    answer = start().post(EVENTS, json=events)
    assert answer.status_code == 422
    assert {fault["parameter"] for fault in answer.json()["errors"]} <= {"event", "events"}


def test_a_body_says_that_it_is_json(start: Start) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = start().post(EVENTS, content=b'{"user": "a"}', headers=form)
    assert answer.status_code == 415
    assert "Content-Type: application/json" in answer.json()["detail"]


def test_what_can_be_no_id_is_refused(start: Start, empty_transport: Transport) -> None:
    client = start(TOPICS)
    long = "x" * 1025
    for answer in (
        client.put(f"{FILMS}/items/{long}", json={"text": "x"}),
        client.delete(f"{FILMS}/items/{long}"),
        client.delete(f"{FILMS}/users/{long}"),
    ):
        assert answer.status_code == 422
        fault = {"parameter": "id", "detail": "Must be Unicode, 1 to 1024 characters long."}
        assert answer.json()["errors"] == [fault]
    assert [written(empty_transport, topic) for topic in ("films", "forgotten")] == [[], []]


def test_text_that_is_no_unicode_is_a_fault(start: Start) -> None:
    body = b'{"user": "\\ud800", "item": "1", "type": "view", "time": 1}'
    answer = start().post(EVENTS, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert "Unicode" in answer.json()["errors"][0]["detail"]


def test_items_are_put_and_removed(start: Start, empty_transport: Transport) -> None:
    client = start(TOPICS)
    put = client.put(f"{FILMS}/items/a/b", json={"categories": ["comedy"], "numbers": {"year": 1}})
    assert put.json() == {
        "written": [{"topic": "films", "partition": 0, "offset": 0}],
        "after": None,  # it goes through the internal topic first
    }
    assert client.delete(f"{FILMS}/items/a/b").status_code == 200
    records = written(empty_transport, "films")
    assert [(r.key, r.value is None) for r in records] == [(b"a/b", False), (b"a/b", True)]
    bad = client.put(f"{FILMS}/items/a", json={"hidden": "yes"})
    assert bad.json()["errors"] == [
        {"parameter": "item", "detail": "The field 'hidden' must be true or false, got \"yes\"."}
    ]


def test_fields_of_an_item_that_nobody_reads_are_refused(
    start: Start, empty_transport: Transport
) -> None:
    item = {"categories": ["comedy"], "numbers": {"year": 1}, "colour": "red", "size.cm": 4}
    answer = start(TOPICS).put(f"{FILMS}/items/a", json=item)
    assert answer.status_code == 422
    known = "'categories', 'tags', 'numbers', 'text', 'hidden', 'vector'"
    assert answer.json()["errors"] == [
        {
            "parameter": "item",
            "detail": f"The field {field} of an item must be one of {known}, or be left out.",
        }
        for field in ("'colour'", r"'size\.cm'")
    ]
    assert written(empty_transport, "films") == []


def test_a_user_is_forgotten_by_the_topic_of_users_or_the_input(
    start: Start, empty_transport: Transport
) -> None:
    answer = start(TOPICS).delete(f"{FILMS}/users/a").json()
    assert answer["written"][0]["topic"] == "forgotten"
    (record,) = written(empty_transport, "forgotten")
    assert (record.key, record.value) == (b"a", None)


def test_without_a_topic_of_users_the_input_says_it(start: Start) -> None:
    client = start()
    client.post(EVENTS, json=EVENT)
    wait_until(lambda: client.get(f"{FILMS}/users/a").status_code == 200)
    assert client.delete(f"{FILMS}/users/a").json()["after"] == "0:1"
    gone = client.get(f"{FILMS}/users/a", params={"after": "0:1", "wait": 10})
    assert gone.status_code == 404


def test_without_a_topic_of_items_there_is_no_place(start: Start) -> None:
    client = start()
    for answer in (client.put(f"{FILMS}/items/a", json={}), client.delete(f"{FILMS}/items/a")):
        assert answer.status_code == 409
        assert answer.json()["detail"] == (
            "recommenders.films.items.topic must be set for that, got null."
        )


def test_nothing_is_written_unless_that_is_allowed(
    start: Start, empty_transport: Transport
) -> None:
    client = start(TOPICS, writes="false")
    for answer in (
        client.post(EVENTS, json=EVENT),
        client.put(f"{FILMS}/items/a", json={}),
        client.delete(f"{FILMS}/items/a"),
        client.delete(f"{FILMS}/users/a"),
    ):
        assert answer.status_code == 403
        assert "api.writes must be true" in answer.json()["detail"]
    assert all(end == 0 for _, end in empty_transport.topics()["ratings"].bounds)


def test_the_follower_reads_what_was_put(start: Start) -> None:
    assert RecommendTask  # the readers that check what is written are those of the task
    client = start()
    assert client.post(EVENTS, json=EVENT | {"item": "9"}).status_code == 200
    wait_until(lambda: client.get(f"{FILMS}/items/9").status_code == 200)
