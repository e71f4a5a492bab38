"""Recommendations over HTTP, from the live state of a recommender's own task."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from threading import Thread
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api.app import create_app
from stream.live.follower import Follower
from stream.records import Outgoing, TopicPartition
from stream.settings import loads
from stream.tasks.recommend import RecommendTask
from stream.transports import Transport
from tests.api.recommending import CONFIGURATION, Popular
from tests.conftest import wait_until

FILMS = "/v1/recommenders/films"
FOR_A = f"{FILMS}/users/a/recommendations"
SESSION = f"{FILMS}/session"
Put = Callable[[str], None]


@pytest.fixture(autouse=True)
def _popular(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.live.Recommender", Popular)


@pytest.fixture
def put(empty_transport: Transport) -> Put:
    """Adds interactions: `a1 b2` says that user a touched item 1, and b item 2."""
    settings = loads(CONFIGURATION % ("false", ""))
    for spec in RecommendTask(settings, "films", Popular).topics:
        empty_transport.ensure_topic(spec)

    def put(said: str) -> None:
        events = [
            {"user": one[0], "item": one[1:], "type": "view", "time": 1_700_000_000}
            for one in said.split()
        ]
        empty_transport.append(
            [Outgoing("ratings", None, json.dumps(event).encode(), (), 1000, 0) for event in events]
        )

    return put


@pytest.fixture
def app(empty_transport: Transport, put: Put) -> FastAPI:
    put("b1 c1 d1 b2 c2 b3 a9")
    return create_app(loads(CONFIGURATION % ("false", "")), empty_transport)


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    """A client, once the follower has read what was put."""
    with TestClient(app, raise_server_exceptions=False) as client:
        follower = app.state.services.live.followers["films"]
        wait_until(lambda: [p.offset for p in follower.status().partitions] == [7])
        yield client


def items(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [item["item"] for item in answer.json()["items"]]


def test_a_user_gets_the_best_items_with_what_led_to_them(client: TestClient) -> None:
    answer = client.get(FOR_A, params={"n": 2}).json()
    assert answer == {
        "recommender": "films",
        "user": "a",
        "as_of": {"topic": "ratings", "partition": 0, "offset": 7},
        "items": [
            {"item": "1", "score": 3.0, "source": "trending", "because": "9", "propensity": None},
            {"item": "2", "score": 2.0, "source": "trending", "because": "9", "propensity": None},
        ],
    }


def test_what_was_seen_or_is_excluded_is_left_out(client: TestClient) -> None:
    assert items(client.get(FOR_A)) == ["1", "2", "3"]
    assert items(client.get(FOR_A, params={"exclude_seen": "false"})) == ["1", "2", "3", "9"]
    assert items(client.get(FOR_A, params={"exclude": ["1", "3"]})) == ["2"]


def test_an_unknown_user_gets_what_stands_in(client: TestClient) -> None:
    url = f"{FILMS}/users/nobody/there/recommendations"
    assert items(client.get(url)) == ["1", "2", "3", "9"]
    assert client.get(url).json()["user"] == "nobody/there"


def test_a_session_counts_as_seen(client: TestClient) -> None:
    answer = client.post(SESSION, json={"items": ["2", "1"]})
    assert items(answer) == ["3", "9"]
    assert answer.json()["user"] is None
    assert answer.json()["items"][0]["because"] == "1"
    assert items(client.post(SESSION, json={"items": ["1"], "user": "a", "n": 1})) == ["2"]


def test_one_reads_what_one_has_written(client: TestClient, put: Put) -> None:
    put("a1 a2")
    answer = client.get(FOR_A, params={"after": "0:8", "wait": 10})
    assert items(answer) == ["3"]
    assert answer.json()["as_of"]["offset"] == 9


def test_what_has_not_come_yet_is_a_conflict(client: TestClient) -> None:
    for answer in (
        client.get(FOR_A, params={"after": "0:7", "wait": 0}),
        client.post(SESSION, json={"items": ["1"], "after": "0:7", "wait": 0}),
        client.get(f"{FILMS}/metrics", params={"after": "0:7", "wait": 0}),
    ):
        assert answer.status_code == 409
        assert answer.headers["retry-after"] == "1"
        assert answer.headers["content-type"] == "application/problem+json"


def test_a_state_at_work_is_waited_for_while_others_are_answered(
    client: TestClient, app: FastAPI
) -> None:
    (owned,) = app.state.services.live.followers["films"].held().values()
    answers: list[Any] = []
    asking = Thread(target=lambda: answers.append(client.get(FOR_A)))
    with owned.turn:
        asking.start()
        # The state is not to be had, yet the event loop goes on.
        assert client.get("/livez").status_code == 200
        assert answers == []
    asking.join(30)
    assert items(answers[0]) == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("parameters", "name"),
    [
        ({"n": 0}, "n"),
        ({"n": 101}, "n"),
        ({"form": 1}, "form"),
        ({"filter": "category:"}, "filter"),
        ({"after": "1"}, "after"),
        ({"after": "1:5"}, "after"),
        ({"wait": 11}, "wait"),
        ({"exclude": ""}, "exclude"),
    ],
)
def test_a_fault_names_its_parameter(
    client: TestClient, parameters: dict[str, Any], name: str
) -> None:
    answer = client.get(FOR_A, params=parameters)
    assert answer.status_code == 422, answer.text
    assert [fault["parameter"] for fault in answer.json()["errors"]] == [name]


def test_similar_items_and_users(client: TestClient) -> None:
    answer = client.get(f"{FILMS}/items/1/similar", params={"n": 2}).json()
    assert (answer["item"], len(answer["items"])) == ("1", 2)
    answer = client.get(f"{FILMS}/users/a/neighbours").json()
    assert [neighbour["user"] for neighbour in answer["neighbours"]] == ["b", "c", "d"]
    assert client.get(f"{FILMS}/items/x/similar").json()["detail"] == "There is no item 'x'."
    assert client.get(f"{FILMS}/users/x/neighbours").json()["detail"] == "There is no user 'x'."


def test_what_is_known_of_users_and_items(client: TestClient) -> None:
    answer = client.get(f"{FILMS}/users/b").json()
    assert answer["interactions"] == 3
    visit = {"item": "3", "type": "view", "weight": 1.0, "time": "2023-11-14T22:13:20.000000Z"}
    assert answer["history"][0] == visit
    assert client.get(f"{FILMS}/items/2").json()["interactions"] == 2
    for missing in ("users/x", "items/x"):
        assert client.get(f"{FILMS}/{missing}").status_code == 404


def test_how_it_is_configured_and_does(client: TestClient) -> None:
    (listed,) = client.get("/v1/recommenders").json()["recommenders"]
    one = client.get(FILMS).json()
    assert one == listed
    assert one["topics"]["output"] == "ratings.recommendations"
    assert (one["log"], one["group"]) == ("ratings", "cutstream.films")
    assert one["lag"]["total"] == 7
    measured = client.get(one["links"]["metrics"]).json()
    assert (measured["k"], measured["total"]["everything"]["tests"]) == (10, 0)
    assert client.get("/v1/recommenders/x/metrics").status_code == 404


def test_reading_changes_nothing(client: TestClient, app: FastAPI) -> None:
    (owned,) = app.state.services.live.followers["films"].held().values()
    before = repr(owned.state.recommender.histories)
    client.get(f"{FILMS}/users/new/recommendations")
    client.post(SESSION, json={"items": ["new"]})
    assert repr(owned.state.recommender.histories) == before
    assert owned.tp == TopicPartition("ratings", 0)


def test_what_is_restored_or_elsewhere_is_told(
    empty_transport: Transport, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    put("a1")
    monkeypatch.setattr(Follower, "start", lambda self: None)
    settings = loads(CONFIGURATION % ("false", ""))
    with TestClient(create_app(settings, empty_transport)) as client:
        assert client.get(FOR_A).status_code == 503
        assert client.get(FOR_A).headers["retry-after"] == "1"
        assert not client.get("/readyz").json()["checks"]["follow:films"]["ready"]
    elsewhere = loads((CONFIGURATION % ("false", "")).replace("follow: true", "follow: false"))
    with TestClient(create_app(elsewhere, empty_transport)) as client:
        assert client.get(FOR_A).status_code == 421


def test_similar_users_need_their_model(empty_transport: Transport, put: Put) -> None:
    put("a1")
    settings = loads((CONFIGURATION % ("false", "")).replace(", neighbours", ""))
    with TestClient(create_app(settings, empty_transport)) as client:
        answer = client.get(f"{FILMS}/users/a/neighbours")
        assert answer.status_code == 409
        assert (
            answer.json()["detail"] == "recommenders.films.models must have 'neighbours' for that."
        )
