from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.security import OPEN_PATHS
from stream.settings import loads
from stream.transports import Transport
from tests.api.conftest import CONFIGURATION
from tests.api.test_problems import PATHS, check_problem

TOKEN = "s3cret-é"


@pytest.fixture
def secured(transport: Transport) -> Iterator[TestClient]:
    settings = loads(f"api: {{token: {TOKEN}}}\n{CONFIGURATION}")
    with TestClient(create_app(settings, transport)) as client:
        yield client


def get(client: TestClient, path: str, authorization: str) -> object:
    return client.get(path, headers={"Authorization": authorization.encode()})


@pytest.mark.parametrize("path", [*sorted(OPEN_PATHS)])
def test_probes_and_metrics_need_no_token(secured: TestClient, path: str) -> None:
    assert secured.get(path).status_code in (200, 503)
    assert secured.get(path).headers["content-type"] != "application/problem+json"


@pytest.mark.parametrize("path", [*sorted({*PATHS} - OPEN_PATHS), "/nowhere", "/livez/"])
def test_everything_else_needs_it(secured: TestClient, path: str) -> None:
    answer = secured.get(path)
    check_problem(answer, 401)
    assert answer.headers["www-authenticate"] == 'Bearer realm="cutstream"'
    assert answer.headers["x-frame-options"] == "DENY"
    assert get(secured, path, f"Bearer {TOKEN}").status_code != 401


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer s3cret",
        f"Bearer {TOKEN}x",
        f"Basic {TOKEN}",
        TOKEN,
        f"Bearer {TOKEN} {TOKEN}",
    ],
)
def test_nothing_else_than_the_token_passes(secured: TestClient, authorization: str) -> None:
    check_problem(get(secured, "/", authorization), 401)


@pytest.mark.parametrize("authorization", [f"bearer {TOKEN}", f"BEARER  {TOKEN}"])
def test_the_scheme_is_blind_to_case(secured: TestClient, authorization: str) -> None:
    assert get(secured, "/", authorization).status_code == 200


def test_the_description_says_so(secured: TestClient) -> None:
    document = get(secured, "/openapi.json", f"Bearer {TOKEN}").json()
    assert document["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    for path, operations in document["paths"].items():
        for operation in operations.values():
            assert ("security" in operation) == (path not in OPEN_PATHS)


def test_without_a_token_everything_is_open(client: TestClient) -> None:
    assert client.get("/").status_code == 200
    assert "securitySchemes" not in client.get("/openapi.json").json()["components"]
