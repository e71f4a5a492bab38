from __future__ import annotations

import pytest
from fastapi.testclient import TestClient
from prometheus_client import CollectorRegistry

from api.app import create_app
from stream.records import Outgoing
from stream.settings import loads
from stream.transports import Transport
from stream.transports.protocol import TopicSpec
from tests.api.conftest import Refresh
from tests.stream.query.conftest import describe
from tests.stream.query.records import INPUT, START, score


def test_a_detector_tells_its_topics_its_model_and_where_it_stands(
    client: TestClient, transport: Transport, refresh: Refresh
) -> None:
    transport.append([Outgoing(INPUT, b"a", b"{}", (), 1, 0), Outgoing(INPUT, b"a", b"", (), 1, 1)])
    transport.append([score("a", START), score("b", START + 1, "anomaly", partition=1)])
    refresh()
    answer = client.get("/v1/detectors/pumps")
    assert answer.status_code == 200
    assert answer.json() == {
        "name": "pumps",
        "topics": {
            "input": "pumps",
            "rekeyed": None,
            "output": "pumps.scores",
            "alerts": "pumps.alerts",
            "dead_letters": "pumps.dlq",
            "snapshots": "cutstream.pumps.snapshots",
        },
        "group": "cutstream.pumps",
        "model": {
            "features": ["flow"],
            "shingle_size": 8,
            "n_trees": 50,
            "sample_size": 256,
            "time_decay": 0.1 / 256,
            "score": "inverse_depth",
            "alarm_rate": 0.001,
            "warmup": 136,
        },
        "entities": 2,
        "records": {"warming": 0, "normal": 1, "anomaly": 1, "suppressed": 0},
        "lag": {
            "total": 2,
            "partitions": [
                {"partition": 0, "first": 0, "end": 1, "committed": None, "lag": 1},
                {"partition": 1, "first": 0, "end": 1, "committed": None, "lag": 1},
            ],
        },
        "rekeying_lag": None,
        "links": {
            "self": "/v1/detectors/pumps",
            "entities": "/v1/detectors/pumps/entities",
            "scores": "/v1/detectors/pumps/scores",
        },
    }


def test_the_list_holds_each_detector(client: TestClient) -> None:
    (listed,) = client.get("/v1/detectors").json()["detectors"]
    assert listed == client.get("/v1/detectors/pumps").json()


def test_the_links_lead_somewhere(client: TestClient) -> None:
    links = client.get("/v1/detectors/pumps").json()["links"]
    assert {client.get(link).status_code for link in links.values()} == {200}


def test_an_unknown_detector_is_named(client: TestClient) -> None:
    for path in ("", "/entities", "/entities/a", "/scores"):
        answer = client.get(f"/v1/detectors/valves{path}")
        assert answer.status_code == 404
        assert answer.json()["detail"] == "There is no detector 'valves'."


def test_both_steps_of_a_re_keyed_detector_tell_their_lag(
    transport: Transport, registry: CollectorRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = loads(
        """
        api: {follow: false}
        detectors: {pumps: {input: {topic: pumps, partitions: 2, key: pump, features: [flow]}}}
        """
    )
    transport.ensure_topic(TopicSpec("cutstream.pumps.rekeyed", 2))
    transport.append([Outgoing(INPUT, b"a", b"{}", (), 1, 0) for _ in range(3)])
    transport.append([Outgoing("cutstream.pumps.rekeyed", b"a", b"{}", (), 1, 1)])
    monkeypatch.setattr("api.app.describe", describe)
    with TestClient(create_app(settings, transport, registry=registry)) as client:
        answer = client.get("/v1/detectors/pumps").json()
    assert answer["topics"]["rekeyed"] == "cutstream.pumps.rekeyed"
    assert [lag["lag"] for lag in answer["lag"]["partitions"]] == [0, 1]
    assert [lag["lag"] for lag in answer["rekeying_lag"]["partitions"]] == [3, 0]
