from __future__ import annotations

import msgspec
import pytest
from fastapi.testclient import TestClient

from stream.transports import Transport
from tests.api.conftest import Refresh
from tests.stream.query.records import SECOND, START, score, snapshot

URL = "/v1/detectors/pumps/entities"


@pytest.fixture
def four(transport: Transport, refresh: Refresh) -> None:
    """Three entities with scores, and one that is known by its snapshot alone."""
    transport.append(
        [
            score("Pump-1", START + 1 * SECOND),
            score("pump-2", START + 2 * SECOND, "anomaly", grade=0.7),
            score("pump-2", START + 5 * SECOND),
            score("valve", START + 4 * SECOND, "anomaly", grade=0.4, partition=1),
            snapshot(b"quiet", b"17", valid_at=3),
        ]
    )
    refresh()


@pytest.mark.usefixtures("four")
def test_an_entity_in_the_list(client: TestClient) -> None:
    answer = client.get(URL, params={"q": "valve"})
    assert answer.status_code == 200
    assert answer.json() == {
        "entities": [
            {
                "entity": "valve",
                "records": 1,
                "anomalies": 1,
                "first_seen": "2020-01-01T00:00:04.000000Z",
                "last_seen": "2020-01-01T00:00:04.000000Z",
                "last": {
                    "time": "2020-01-01T00:00:04.000000Z",
                    "status": "anomaly",
                    "grade": 0.4,
                },
            }
        ],
        "next_cursor": None,
    }


@pytest.mark.usefixtures("four")
@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["pump-2", "valve", "Pump-1", "quiet"]),
        ("sort=last_seen", ["quiet", "Pump-1", "valve", "pump-2"]),
        ("sort=entity", ["Pump-1", "pump-2", "quiet", "valve"]),
        ("sort=-entity", ["valve", "quiet", "pump-2", "Pump-1"]),
        ("sort=-records&limit=1", ["pump-2"]),
        ("sort=-anomalies&limit=2", ["valve", "pump-2"]),
        ("sort=-grade&limit=1", ["valve"]),
        ("q=PUMP", ["pump-2", "Pump-1"]),
        ("q=%25", []),
    ],
)
def test_filter_and_order(client: TestClient, query: str, found: list[str]) -> None:
    page = client.get(f"{URL}?{query}").json()
    assert [entity["entity"] for entity in page["entities"]] == found


@pytest.mark.usefixtures("four")
@pytest.mark.parametrize("sort", ["entity", "-last_seen", "first_seen", "-grade"])
def test_pages_follow_each_other(client: TestClient, sort: str) -> None:
    query = {"sort": sort, "limit": "1"}
    page = client.get(URL, params=query).json()
    found = page["entities"]
    while page["next_cursor"] is not None:
        page = client.get(URL, params={**query, "cursor": page["next_cursor"]}).json()
        found += page["entities"]
    assert found == client.get(URL, params={"sort": sort}).json()["entities"]
    assert len(found) == 4


@pytest.mark.parametrize(
    ("query", "parameter"),
    [("sort=size", "sort"), ("sort=key;--", "sort"), ("limit=0", "limit"), ("cursor=x", "cursor")],
)
def test_a_fault_names_its_parameter(client: TestClient, query: str, parameter: str) -> None:
    answer = client.get(f"{URL}?{query}")
    assert answer.status_code == 422
    assert [error["parameter"] for error in answer.json()["errors"]] == [parameter]


def test_one_entity_shows_its_state_and_its_last_record(
    client: TestClient, transport: Transport, refresh: Refresh
) -> None:
    last = score("pump-7", START + SECOND, "anomaly", grade=0.5)
    transport.append([score("pump-7"), last, snapshot(b"pump-7", b"250", valid_at=2)])
    refresh()
    answer = client.get(f"{URL}/pump-7")
    assert answer.status_code == 200
    assert answer.json() == {
        "entity": "pump-7",
        "records": 2,
        "anomalies": 1,
        "first_seen": "2020-01-01T00:00:00.000000Z",
        "last_seen": "2020-01-01T00:00:01.000000Z",
        "state": {
            "partition": 0,
            "valid_at": 2,
            "written": "2020-01-01T00:00:00.000000Z",
            "bytes": 3,
            "details": {"version": 1, "observations": 250},
            "problem": None,
        },
        "last": msgspec.json.decode(last.value or b""),
    }


@pytest.mark.usefixtures("four")
def test_what_is_not_there_is_null(client: TestClient) -> None:
    assert client.get(f"{URL}/valve").json()["state"] is None
    quiet = client.get(f"{URL}/quiet").json()
    assert quiet["last"] is None
    assert quiet["first_seen"] is None
    assert quiet["state"]["valid_at"] == 3


def test_a_corrupt_snapshot_is_shown_as_such(
    client: TestClient, transport: Transport, refresh: Refresh
) -> None:
    whole = snapshot(b"pump-7", b"250")
    transport.append([whole._replace(value=b"251")])
    refresh()
    answer = client.get(f"{URL}/pump-7")
    assert answer.status_code == 200
    state = answer.json()["state"]
    assert state["details"] is None
    assert "must have the checksum" in state["problem"]


def test_an_unescaped_slash_is_part_of_the_entity(
    client: TestClient, transport: Transport, refresh: Refresh
) -> None:
    transport.append([score("site/line/7")])
    refresh()
    assert client.get(f"{URL}/site/line/7").json()["entity"] == "site/line/7"


@pytest.mark.parametrize("path", ["nobody", "", "%FF", "%00", "a/../../b", "%27%20OR%201=1"])
def test_an_unknown_entity_is_named(client: TestClient, path: str) -> None:
    answer = client.get(f"{URL}/{path}")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
