"""What-if scores and live states over HTTP, against records as a worker would write them."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from prometheus_client import CollectorRegistry

from api.app import create_app
from models.detector import DetectorBank
from stream.cli.service import running
from stream.live.follower import Follower
from stream.metrics import Metrics
from stream.records import Outgoing
from stream.runtime.options import RunnerOptions
from stream.runtime.worker import Worker
from stream.settings import Settings, loads
from stream.tasks.detect import DetectTask
from stream.transports import Transport, connect
from tests.conftest import wait_until

CONFIGURATION = """
api: {follow: %s}
detectors:
  pumps:
    input: {topic: pumps, partitions: 2, features: [flow, heat]}
    shingle_size: 2
    warmup: 40
    forest: {n_trees: 5, sample_size: 32}
"""
SCORE = "/v1/detectors/pumps/entities/a/score"
LIVE = "/v1/detectors/pumps/live/a"
Put = Callable[..., None]


def row(at: int) -> dict[str, float]:
    return {"flow": math.sin(at), "heat": 20.0 + at % 5}


def settings(follow: str = "true") -> Settings:
    return loads(CONFIGURATION % follow)


@pytest.fixture
def put(empty_transport: Transport) -> Put:
    """Adds records of an entity to the input."""
    for spec in DetectTask(settings(), "pumps", DetectorBank).topics:
        empty_transport.ensure_topic(spec)

    def put(count: int, entity: str = "a", partition: int = 0) -> None:
        values = [json.dumps(row(at)).encode() for at in range(count)]
        empty_transport.append(
            [Outgoing("pumps", entity.encode(), v, (), 1000, partition) for v in values]
        )

    return put


@pytest.fixture
def app(empty_transport: Transport, put: Put) -> FastAPI:
    """An application that follows 90 records of `a` and 5 of `young/one`."""
    put(90)
    put(5, "young/one", 1)
    return create_app(settings(), empty_transport)


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    """A client, once the follower has read all that."""
    with TestClient(app, raise_server_exceptions=False) as client:
        follower = app.state.services.live.followers["pumps"]
        wait_until(lambda: [p.offset for p in follower.status().partitions] == [90, 5])
        yield client


def ask(client: TestClient, url: str = SCORE, **body: Any) -> Any:
    answer = client.post(url, json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_record_is_scored_as_if_it_came_next(client: TestClient, app: FastAPI) -> None:
    (owned, _) = app.state.services.live.followers["pumps"].held().values()
    before = owned.state.dump(b"a")
    answer = ask(client, values={"flow": 1e4, "heat": 20.0})
    assert (answer["detector"], answer["entity"]) == ("pumps", "a")
    assert answer["as_of"] == {"topic": "pumps", "partition": 0, "offset": 90}
    (score,) = answer["scores"]
    assert score["status"] == "anomaly"
    assert score["reasons"] == ["score_above_threshold"]
    assert score["observations"] == 91
    assert score["attribution"]["flow"]["direction"] == "high"
    assert score["expected"]["flow"]["upper"] < 1e4
    assert score["neighbours"] is None
    assert owned.state.dump(b"a") == before


def test_several_records_are_alternatives(client: TestClient) -> None:
    rows = [row(90), {"flow": None}, {"flow": 1e4, "heat": 20.0}]
    answer = ask(client, values=rows, neighbours=2)
    assert [score["status"] for score in answer["scores"]] == ["normal", "normal", "anomaly"]
    assert answer["scores"][1]["imputed"] == ["flow", "heat"]
    assert {score["observations"] for score in answer["scores"]} == {91}
    near = answer["scores"][0]["neighbours"]
    assert len(near) == 2
    assert near[0]["distance"] <= near[1]["distance"]
    assert [list(record) for record in near[0]["shingle"]] == [["flow", "heat"]] * 2


def test_an_entity_may_hold_slashes(client: TestClient) -> None:
    url = "/v1/detectors/pumps/entities/young/one/score"
    (score,) = ask(client, url, values=row(5))["scores"]
    assert (score["status"], score["expected"]) == ("warming", None)
    answer = client.get("/v1/detectors/pumps/live/young%2Fone").json()
    assert answer["observations"] == 5
    assert answer["as_of"] == {"topic": "pumps", "partition": 1, "offset": 5}


def test_where_an_entity_stands(client: TestClient) -> None:
    answer = client.get(LIVE).json()
    assert (answer["observations"], answer["warmup"]) == (90, 40)
    assert answer["threshold"] == ask(client, values=row(90))["scores"][0]["threshold"]
    assert answer["shingle"][-1] == pytest.approx(row(89), rel=1e-3)


def test_one_reads_what_one_has_written(client: TestClient, put: Put) -> None:
    put(3)
    answer = ask(client, values=row(1), after={"partition": 0, "offset": 92}, wait=10)
    assert answer["as_of"] == {"topic": "pumps", "partition": 0, "offset": 93}
    assert client.get(LIVE, params={"after": "0:92"}).json()["observations"] == 93


def test_what_has_not_come_yet_is_a_conflict(client: TestClient) -> None:
    body = {"values": row(1), "after": {"partition": 0, "offset": 90}, "wait": 0}
    for answer in (
        client.post(SCORE, json=body),
        client.get(LIVE, params={"after": "0:90", "wait": 0}),
    ):
        assert answer.status_code == 409
        assert answer.headers["retry-after"] == "1"
        assert answer.headers["content-type"] == "application/problem+json"
        assert "must hold offset 90, but holds only those below 90" in answer.json()["detail"]


def test_an_unknown_entity_or_detector_is_not_found(client: TestClient) -> None:
    for url in (SCORE.replace("/a/", "/x/"), SCORE.replace("pumps", "x")):
        assert client.post(url, json={"values": row(1)}).status_code == 404
    answer = client.get(LIVE[:-1] + "x")
    assert answer.status_code == 404
    assert answer.json()["detail"] == "The entity 'x' has no state."


@pytest.mark.parametrize(
    ("body", "parameter", "detail"),
    [
        ({}, "values", "required"),
        ({"values": {"flwo": 1}}, "values", "flow, heat"),
        ({"values": {"flow": "1"}}, "values", "valid number"),
        ({"values": {"flow": 1e151}}, "values", "must be within -1e+150 and 1e+150"),
        ({"values": []}, "values", "at least 1 item"),
        ({"values": {}, "neighbours": 21}, "neighbours", "less than or equal to 20"),
        ({"values": [{}] * 11, "neighbours": 1}, "neighbours", "0 where more than 10 records"),
        ({"values": {}, "wait": 11}, "wait", "less than or equal to 10"),
        ({"values": {}, "after": {"partition": -1, "offset": 0}}, "after", "greater than"),
        ({"values": {}, "form": 1}, "form", "not permitted"),
    ],
)
def test_a_fault_names_its_part(
    client: TestClient, body: dict[str, Any], parameter: str, detail: str
) -> None:
    answer = client.post(SCORE, json=body)
    assert answer.status_code == 422
    faults = answer.json()["errors"]
    assert any(f["parameter"] == parameter and detail in f["detail"] for f in faults), faults


@pytest.mark.parametrize(
    ("content", "status"), [(b"{", 400), (b"\xff", 400), (b"", 422), (b"[]", 422)]
)
def test_a_body_that_is_no_json_is_a_fault(client: TestClient, content: bytes, status: int) -> None:
    headers = {"Content-Type": "application/json"}
    answer = client.post(SCORE, content=content, headers=headers)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


def test_not_held_in_this_process(empty_transport: Transport, put: Put) -> None:
    put(5)
    with TestClient(create_app(settings("false"), empty_transport)) as client:
        answer = client.get(LIVE)
        assert answer.status_code == 421
        assert "api.follow" in answer.json()["detail"]
        assert "follow:pumps" not in client.get("/readyz").json()["checks"]


def test_restoring_is_told_and_asked_to_come_again(
    empty_transport: Transport, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(5)
    monkeypatch.setattr(Follower, "start", lambda self: None)
    app = create_app(settings(), empty_transport)
    with TestClient(app) as client:
        for answer in (client.get(LIVE), client.post(SCORE, json={"values": row(1)})):
            assert answer.status_code == 503
            assert answer.headers["retry-after"] == "1"
        check = client.get("/readyz").json()["checks"]["follow:pumps"]
        assert check == {"ready": False, "detail": "restoring: 0 of 0 records replayed"}
        app.state.services.live.followers["pumps"].refresh()
        assert client.get(LIVE).status_code == 200
        check = client.get("/readyz").json()["checks"]["follow:pumps"]
        assert check == {
            "ready": True,
            "detail": "following 2 partitions, at most 0 records behind",
        }


def test_metrics_of_the_follower(empty_transport: Transport, put: Put) -> None:
    put(5)
    registry = CollectorRegistry()
    app = create_app(settings(), empty_transport, registry=registry)
    app.state.services.live.followers["pumps"].refresh()
    place = {"task": "pumps", "topic": "pumps", "partition": "0"}
    found = {
        name: registry.get_sample_value(f"cutstream_follower_{name}", place)
        for name in ("restoring", "offset", "lag_records", "lag_seconds", "restarts_total")
    }
    assert found == {
        "restoring": 0,
        "offset": 5,
        "lag_records": 0,
        "lag_seconds": 0,
        "restarts_total": 0,
    }
    assert registry.get_sample_value("cutstream_follower_ahead_records", place) is None


def test_what_if_writes_nothing(client: TestClient, empty_transport: Transport) -> None:
    before = {name: info.bounds for name, info in empty_transport.topics().items()}
    ask(client, values=[row(1)] * 100)
    ask(client, values=[row(1)] * 10, neighbours=20)
    client.get(LIVE)
    assert {name: info.bounds for name, info in empty_transport.topics().items()} == before
    assert empty_transport.committed("cutstream.pumps") == {}


def test_the_worker_in_the_process_is_asked_itself(empty_transport: Transport, put: Put) -> None:
    put(90)
    configured = settings("null")
    worker = Worker(
        lambda: connect(empty_transport.url),
        [DetectTask(configured, "pumps", DetectorBank)],
        RunnerOptions(poll_timeout=0.05),
        Metrics(CollectorRegistry()),
    )
    app = create_app(configured, empty_transport, worker)
    assert app.state.services.live.followers == {}
    with TestClient(app) as client:
        answer = client.get(LIVE, params={"wait": 0})
        assert answer.status_code == 503
        with running(worker):
            wait_until(lambda: client.get(LIVE).status_code == 200)
            own = ask(client, values=row(90), after={"partition": 0, "offset": 89}, wait=10)
            assert own["as_of"] == {"topic": "pumps", "partition": 0, "offset": 90}
            with TestClient(create_app(settings(), empty_transport)) as other:
                wait_until(lambda: other.get(LIVE).status_code == 200)
                after = {"partition": 0, "offset": 89}
                assert ask(other, values=row(90), after=after, wait=10) == own
