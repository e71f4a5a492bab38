from __future__ import annotations

from typing import Any
from urllib.parse import quote

import msgspec
import pytest
from fastapi.testclient import TestClient

from stream.transports import Transport
from tests.api.conftest import Refresh
from tests.stream.query.records import SECOND, START, score

URL = "/v1/detectors/pumps/scores"
HOSTILE = (
    "a/b",
    "//",
    "a//b/",
    "..",
    "a b",
    "a%2Fb",
    "%00",
    "\0",
    "é💧",
    "' OR 1=1 --",
    "x" * 9_000,
)


def times(page: Any) -> list[int]:
    """Seconds after the start."""
    return [int(record["time"][17:19]) for record in page["scores"]]


@pytest.fixture
def ten(transport: Transport, refresh: Refresh) -> None:
    """Ten scores, one a second; those at 3 and 7 are anomalies; even ones are of `a`."""
    transport.append(
        [
            score(
                "ab"[n % 2],
                START + n * SECOND,
                "anomaly" if n in (3, 7) else "normal",
                partition=n % 2,
                offset=n,
            )
            for n in range(10)
        ]
    )
    refresh()


@pytest.mark.usefixtures("ten")
@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]),
        ("entity=a", [8, 6, 4, 2, 0]),
        ("entity=A", []),
        ("entity=", []),
        ("status=anomaly", [7, 3]),
        ("status=anomaly&status=warming&status=anomaly", [7, 3]),
        ("entity=b&status=anomaly&limit=1", [7]),
        ("from=2020-01-01T00:00:07Z", [9, 8, 7]),
        ("to=2020-01-01T00:00:02Z", [1, 0]),
        ("from=2020-01-01T00:00:02Z&to=2020-01-01T00:00:04Z", [3, 2]),
        ("from=2020-01-01T00:00:02.000001Z&to=2020-01-01T00:00:04.000001Z", [4, 3]),
        ("from=2020-01-01T02:00:08%2B02:00", [9, 8]),
        ("from=2020-01-01T02:00:08+02:00", [9, 8]),
        ("from=2020-01-01T00:00:08", [9, 8]),
        ("from=2020-01-02", []),
        ("from=1577836807000", [9, 8, 7]),
        ("to=1577836801000", [0]),
        ("from=1577836804000&to=1577836804000", []),
        ("from=1577836809000&to=1577836801000", []),
        ("from=-62135596800", [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]),
        ("limit=1000", [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]),
    ],
)
def test_a_query_finds(client: TestClient, query: str, found: list[int]) -> None:
    answer = client.get(f"{URL}?{query}")
    assert answer.status_code == 200, answer.text
    assert times(answer.json()) == found


@pytest.mark.usefixtures("ten")
def test_records_are_answered_byte_for_byte(client: TestClient, transport: Transport) -> None:
    odd = b'{ "entity":"odd", "time" :"2020-01-01T00:00:00Z","status":"normal","score":1.50e0}'
    transport.append([score("odd")._replace(value=odd)])
    client.app.state.services.views["pumps"].refresh()  # type: ignore[attr-defined]  # a FastAPI
    assert client.get(f"{URL}?entity=odd").content == b'{"scores":[%b],"next_cursor":null}' % odd


@pytest.mark.usefixtures("ten")
@pytest.mark.parametrize("limit", [1, 3, 5, 10])
def test_pages_follow_each_other(client: TestClient, limit: int) -> None:
    page = client.get(URL, params={"limit": limit}).json()
    found = times(page)
    while page["next_cursor"] is not None:
        page = client.get(URL, params={"limit": limit, "cursor": page["next_cursor"]}).json()
        found += times(page)
    assert found == [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]


@pytest.mark.usefixtures("ten")
def test_a_cursor_survives_new_records(
    client: TestClient, transport: Transport, refresh: Refresh
) -> None:
    page = client.get(URL, params={"limit": 5}).json()
    transport.append([score("c", START + n * SECOND) for n in (30, 20, 6)])
    refresh()
    rest = client.get(URL, params={"limit": 5, "cursor": page["next_cursor"]}).json()
    assert times(page) + times(rest) == [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]


@pytest.mark.parametrize(
    ("query", "parameter", "detail"),
    [
        ("limit=0", "limit", "greater than or equal to 1"),
        ("limit=1001", "limit", "less than or equal to 1000"),
        ("limit=many", "limit", "valid integer"),
        ("limit=", "limit", "valid integer"),
        ("limit=99999999999999999999999", "limit", "less than or equal to 1000"),
        ("status=odd", "status", "'warming', 'normal', 'anomaly' or 'suppressed'"),
        ("status=anomaly'--", "status", "'warming', 'normal', 'anomaly' or 'suppressed'"),
        ("from=yesterday", "from", "must be an RFC 3339 time"),
        ("from=", "from", "must be an RFC 3339 time"),
        ("to=2020-13-01T00:00:00Z", "to", "must be an RFC 3339 time"),
        ("to=999999999999999999999", "to", "must be an RFC 3339 time"),
        ("to=1577836801.5", "to", "must be an RFC 3339 time"),
        ("to=%F0%9D%9F%8F", "to", "must be an RFC 3339 time"),
        ("cursor=", "cursor", "next_cursor of the very same query"),
        ("cursor=abc", "cursor", "next_cursor of the very same query"),
        ("cursor=%27%20OR%201", "cursor", "next_cursor of the very same query"),
        ("form=2020-01-01", "form", "not permitted"),
    ],
)
def test_a_fault_names_its_parameter(
    client: TestClient, query: str, parameter: str, detail: str
) -> None:
    answer = client.get(f"{URL}?{query}")
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    (error,) = answer.json()["errors"]
    assert error["parameter"] == parameter
    assert detail in error["detail"]


def test_all_faults_are_told_at_once(client: TestClient) -> None:
    errors = client.get(f"{URL}?limit=0&from=x&to=y").json()["errors"]
    assert [error["parameter"] for error in errors] == ["from", "to", "limit"]


@pytest.mark.usefixtures("ten")
def test_the_cursor_of_another_detector_s_query_is_refused(client: TestClient) -> None:
    cursor = client.get(f"{URL}?limit=1").json()["next_cursor"]
    answer = client.get(URL, params={"cursor": cursor, "entity": "a"})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["parameter"] == "cursor"


@pytest.mark.parametrize("entity", HOSTILE)
def test_any_entity_can_be_asked_for(
    client: TestClient, transport: Transport, refresh: Refresh, entity: str
) -> None:
    transport.append([score("other"), score(entity)])
    refresh()
    answer = client.get(f"{URL}?entity={quote(entity, safe='')}")
    (found,) = msgspec.json.decode(answer.content)["scores"]
    assert found["entity"] == entity
