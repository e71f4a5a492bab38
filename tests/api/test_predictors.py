"""Predictors over HTTP: models compared, what they said and would say, promotions."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from prometheus_client import CollectorRegistry

from api.app import create_app
from stream.cli.service import make_worker, running
from stream.live.follower import Follower
from stream.records import Outgoing, TopicPartition
from stream.settings import Settings, loads
from stream.transports import Transport
from tests.conftest import wait_until

CONFIGURATION = """
broker: %s
api: {follow: %s, writes: %s}
worker: {poll_timeout: 0.05}
predictors:
  sites:
    input: {topic: sites, id: id, timestamp: time, label: bad, features: [long, https]}
    metrics: {every: 10, window: 20}
    models:
      logistic: [linear_model.LogisticRegression]
      bayes: [naive_bayes.GaussianNB]
"""
SITES = "/v1/predictors/sites"
START = 1_700_000_000
COUNT = 40


def settings(log: Transport, follow: str = "true", writes: str = "true") -> Settings:
    return loads(CONFIGURATION % (log.url, follow, writes))


def site(number: int) -> dict[str, Any]:
    """A site, bad where its address is long, which is told with it."""
    bad = number % 2 == 1
    return {
        "id": number,
        "time": START + number,
        "long": 5.0 + number % 3 if bad else number % 3,
        "https": 0.5,
        "bad": bad,
    }


@pytest.fixture
def log(empty_transport: Transport) -> Transport:
    """The log of a worker that has predicted COUNT sites, and learned what they were."""
    chosen = settings(empty_transport)
    for spec in chosen.predictors["sites"].topics.values():
        empty_transport.ensure_topic(spec)
    events = [json.dumps(site(number)).encode() for number in range(COUNT)]
    empty_transport.append([Outgoing("sites", None, event, (), 1000, 0) for event in events])
    with running(make_worker(chosen, CollectorRegistry())):
        wait_until(lambda: done(empty_transport) == COUNT)
    return empty_transport


def done(log: Transport) -> int:
    place = log.committed("cutstream.sites").get(TopicPartition("sites", 0))
    return 0 if place is None else place.offset


@pytest.fixture
def app(log: Transport) -> FastAPI:
    return create_app(settings(log), log)


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    """A client, once the follower is where the worker is and the index has caught up."""
    with TestClient(app, raise_server_exceptions=False) as client:
        follower = app.state.services.live.followers["sites"]
        wait_until(lambda: [p.offset for p in follower.status().partitions] == [COUNT])
        wait_until(app.state.services.predictions["sites"].caught_up.is_set)
        yield client


Ask = Callable[..., Any]


@pytest.fixture
def ask(client: TestClient) -> Ask:
    def ask(**body: Any) -> Any:
        answer = client.post(f"{SITES}/predict", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    return ask


def test_how_it_is_configured(client: TestClient) -> None:
    (listed,) = client.get("/v1/predictors").json()["predictors"]
    one = client.get(SITES).json()
    assert one == listed
    assert (one["models"], one["champions"]) == (["logistic", "bayes"], ["logistic"])
    assert (one["task"], one["scope"], one["lag"]["total"]) == ("classification", "partition", 0)
    assert all(client.get(link).status_code == 200 for link in one["links"].values())
    assert client.get("/v1/predictors/x").json()["detail"] == "There is no predictor 'x'."


def test_champion_and_challengers_are_side_by_side(client: TestClient) -> None:
    for view, labels in (("window", 20), ("total", 40)):
        board = client.get(f"{SITES}/metrics", params={"view": view}).json()
        roles = {one["model"]: one["role"] for one in board["models"]}
        assert roles == {"logistic": "champion", "bayes": "challenger"}
        assert board["states"] == 1
        assert board["models"][1]["counts"]["learned"] == COUNT
        assert board["models"][1]["figures"]["labels"] <= labels
    assert client.get(f"{SITES}/metrics", params={"entity": "x"}).json()["states"] == 0


def test_predictions_are_found_by_entity_and_time(client: TestClient, log: Transport) -> None:
    first = client.get(f"{SITES}/predictions", params={"limit": 30}).json()
    rest = client.get(
        f"{SITES}/predictions", params={"limit": 30, "cursor": first["next_cursor"]}
    ).json()
    ids = [one["id"] for one in (*first["predictions"], *rest["predictions"])]
    assert ids == [str(number) for number in reversed(range(COUNT))]
    assert rest["next_cursor"] is None
    some = {"from": START + 5, "to": START + 8, "entity": "all"}
    found = client.get(f"{SITES}/predictions", params=some).json()["predictions"]
    assert [one["id"] for one in found] == ["7", "6", "5"]
    written = [
        json.loads(r.value or b"") for r in log.read(TopicPartition("sites.predictions", 0), 5, 8)
    ]
    assert found == written[::-1]
    some["entity"] = "x"
    assert client.get(f"{SITES}/predictions", params=some).json()["predictions"] == []


def test_what_would_be_said_of_an_event(ask: Ask, app: FastAPI) -> None:
    (owned,) = app.state.services.live.followers["sites"].held().values()
    before = owned.state.dump(b"")
    said = ask(features={"long": 6.0, "https": 0.5})
    assert said["as_of"] == {"topic": "sites", "partition": 0, "offset": COUNT}
    assert (said["model"], said["prediction"]) == ("logistic", True)
    assert said["probabilities"]["true"] > 0.5
    assert said["models"]["bayes"]["prediction"] is True
    assert ask(features={"long": 0.0})["imputed"] == ["https"]
    assert owned.state.dump(b"") == before


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ({}, "features"),
        ({"features": {"lnog": 1}}, "features"),
        ({"features": {"long": [1]}}, "features"),
        ({"features": {}, "after": "1:0"}, "after"),
        ({"features": {}, "wait": 11}, "wait"),
        ({"features": {}, "form": 1}, "form"),
    ],
)
def test_a_fault_names_its_part(client: TestClient, body: dict[str, Any], name: str) -> None:
    answer = client.post(f"{SITES}/predict", json=body)
    assert answer.status_code == 422, answer.text
    assert {fault["parameter"] for fault in answer.json()["errors"]} == {name}


def test_what_has_not_come_yet_is_a_conflict(client: TestClient) -> None:
    body = {"features": {}, "after": f"0:{COUNT}", "wait": 0}
    answer = client.post(f"{SITES}/predict", json=body)
    assert answer.status_code == 409
    assert answer.headers["retry-after"] == "1"


def test_a_promotion_is_a_record_that_holds_from_there_on(client: TestClient, ask: Ask) -> None:
    answer = client.post(f"{SITES}/promote", json={"model": "bayes"})
    assert answer.json() == {
        "predictor": "sites",
        "model": "bayes",
        "written": [{"topic": "sites", "partition": 0, "offset": COUNT}],
    }
    said = ask(features={"long": 6.0}, after=f"0:{COUNT}", wait=10)
    assert said["model"] == "bayes"
    assert said["prediction"] == said["models"]["bayes"]["prediction"]
    fault = client.post(f"{SITES}/promote", json={"model": "x"}).json()["errors"]
    assert fault == [{"parameter": "model", "detail": "Must be one of logistic, bayes."}]


def test_nothing_is_promoted_unless_that_is_allowed(log: Transport) -> None:
    with TestClient(create_app(settings(log, "false", "false"), log)) as client:
        answer = client.post(f"{SITES}/promote", json={"model": "bayes"})
        assert answer.status_code == 403
        assert client.post(f"{SITES}/predict", json={"features": {}}).status_code == 421
    assert log.topics()["sites"].bounds == ((0, COUNT),)


def test_without_models_nothing_can_be_said(empty_transport: Transport) -> None:
    chosen = settings(empty_transport)
    for spec in chosen.predictors["sites"].topics.values():
        empty_transport.ensure_topic(spec)
    app = create_app(chosen, empty_transport)
    follower: Follower = app.state.services.live.followers["sites"]
    with TestClient(app) as client:
        wait_until(lambda: [p.offset for p in follower.status().partitions] == [0])
        answer = client.post(f"{SITES}/predict", json={"features": {}})
        assert answer.status_code == 404
        assert client.get(f"{SITES}/metrics").json()["states"] == 0
