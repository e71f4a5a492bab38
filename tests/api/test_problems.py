from __future__ import annotations

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api.headers import SECURITY_HEADERS
from api.schemas.problems import Problem

PATHS = (
    "/",
    "/livez",
    "/readyz",
    "/metrics",
    "/openapi.json",
    "/v1/detectors",
    "/v1/detectors/pumps",
    "/v1/detectors/pumps/entities",
    "/v1/detectors/pumps/entities/a",
    "/v1/detectors/pumps/scores",
)


def check_problem(answer: object, status: int) -> Problem:
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    problem = Problem.model_validate_json(answer.content)
    assert problem.status == status
    return problem


@pytest.mark.parametrize(
    "path",
    ["/nowhere", "/v1", "/v1/", "/v1/detectors/", "/docs", "/redoc", "/livez/", "/%00"],
)
def test_no_such_path(client: TestClient, path: str) -> None:
    problem = check_problem(client.get(path), 404)
    assert problem.title == "Not Found"


def test_the_instance_is_a_valid_reference(client: TestClient) -> None:
    problem = check_problem(client.get("/a b/%C3%A9%22"), 404)
    assert problem.instance == "/a%20b/%C3%A9%22"


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("path", PATHS)
def test_nothing_can_be_written(client: TestClient, method: str, path: str) -> None:
    answer = client.request(method, path)
    problem = check_problem(answer, 405)
    assert method in problem.detail
    assert "GET" in answer.headers["allow"]


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_has_the_security_headers(client: TestClient, path: str) -> None:
    assert (
        SECURITY_HEADERS.items()
        <= {k.title(): v for k, v in client.get(path).headers.items()}.items()
    )


def test_a_failure_is_a_problem_without_its_cause(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("a secret")

    app: FastAPI = client.app  # type: ignore[assignment]  # a FastAPI
    monkeypatch.setattr(app.state.services.views["pumps"].scores, "find", fail)
    answer = client.get("/v1/detectors/pumps/scores")
    problem = check_problem(answer, 500)
    assert "secret" not in answer.text
    assert problem.detail.startswith("The server failed")
    assert answer.headers["x-content-type-options"] == "nosniff"
