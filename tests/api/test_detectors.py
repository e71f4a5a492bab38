from __future__ import annotations

from fastapi.testclient import TestClient

from stream.records import Outgoing
from stream.transports import Transport
from tests.api.conftest import Refresh
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
            "output": "pumps.scores",
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
