from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from api.app import create_app
from stream.errors import TransportUnavailable
from stream.live.states import LiveSource
from stream.records import TopicPartition
from stream.runtime.health import PartitionStatus, TaskStatus
from stream.runtime.partition import OwnedPartition
from stream.runtime.worker import WorkerStatus
from stream.settings import Settings
from stream.transports import Transport
from tests.api.conftest import Refresh
from tests.conftest import wait_until
from tests.stream.query.conftest import make_topics


class NothingHeld:
    """A source of live states that has none."""

    def held(self) -> dict[TopicPartition, OwnedPartition]:
        return {}

    def restoring(self) -> bool:
        return False


class FakeWorker:
    """A worker whose status is set by hand."""

    def __init__(self, task: TaskStatus, held: LiveSource | None = None) -> None:
        self.task = task
        self.held = held or NothingHeld()

    def states(self, task: str) -> LiveSource:
        return self.held

    def status(self) -> WorkerStatus:
        return WorkerStatus(live=True, ready=self.task.ready, tasks=(self.task,))


RESTORING = PartitionStatus("pumps", 0, None, None, True, 40, 100)
RESTORED = PartitionStatus("pumps", 0, 100, 0, False, 0, 0)


def test_the_root_leads_to_everything(client: TestClient) -> None:
    answer = client.get("/").json()
    assert answer["name"] == "cutstream"
    assert {client.get(link).status_code for link in answer["links"].values()} <= {200, 503}


def test_ready_once_the_index_has_caught_up(client: TestClient, refresh: Refresh) -> None:
    refresh()
    answer = client.get("/readyz")
    assert answer.status_code == 200
    detail = "the index has caught up"
    assert answer.json() == {
        "ready": True,
        "checks": {"index:pumps": {"ready": True, "detail": detail}},
    }


def test_not_ready_while_the_topics_do_not_exist(
    settings: Settings, empty_transport: Transport
) -> None:
    with TestClient(create_app(settings, empty_transport)) as client:
        refresher = client.app.state.services.refresher  # type: ignore[attr-defined]  # a FastAPI
        wait_until(lambda: refresher.errors)
        answer = client.get("/readyz")
        assert answer.status_code == 503
        assert "'pumps.scores' must exist" in answer.json()["checks"]["index:pumps"]["detail"]
        assert client.get("/livez").status_code == 200
        assert client.get("/v1/detectors").json()["detectors"][0]["lag"]["partitions"] == []
        assert client.get("/v1/detectors/pumps/scores").json()["scores"] == []
        make_topics(empty_transport)
        wait_until(lambda: client.get("/readyz").status_code == 200)


def test_not_ready_while_the_worker_restores(settings: Settings, transport: Transport) -> None:
    worker = FakeWorker(TaskStatus("pumps", "running", (RESTORING,), None))
    with TestClient(create_app(settings, transport, worker)) as client:
        wait_until(lambda: client.get("/readyz").json()["checks"]["index:pumps"]["ready"])
        answer = client.get("/readyz")
        assert answer.status_code == 503
        assert answer.json()["checks"]["task:pumps"] == {
            "ready": False,
            "detail": "restoring: 40 of 100 records replayed",
        }
        assert client.get("/livez").status_code == 200
        worker.task = TaskStatus("pumps", "running", (RESTORED,), None)
        answer = client.get("/readyz")
        assert answer.status_code == 200
        assert answer.json()["checks"]["worker"] == {"ready": True, "detail": "running"}
        worker.task = TaskStatus("pumps", "failed", (), "The disk is full.")
        answer = client.get("/readyz")
        assert answer.status_code == 503
        assert answer.json()["checks"]["task:pumps"]["detail"] == "The disk is full."


@pytest.fixture
def broken(client: TestClient, refresh: Refresh, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The log goes away after the index has caught up once."""

    def away(*_: object) -> None:
        raise TransportUnavailable("The log is away.")

    refresh()
    app: FastAPI = client.app  # type: ignore[assignment]  # a FastAPI
    for name in ("topics", "read", "committed"):
        monkeypatch.setattr(app.state.services.transport, name, away)
    wait_until(lambda: app.state.services.refresher.errors)
    yield "The log is away."
    monkeypatch.undo()


def test_alive_and_ready_while_the_log_is_away(client: TestClient, broken: str) -> None:
    assert client.get("/livez").status_code == 200
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["checks"]["index:pumps"]["detail"] == broken
    assert client.get("/v1/detectors/pumps/scores").status_code == 200


def test_what_needs_the_log_says_that_it_is_away(client: TestClient, broken: str) -> None:
    answer = client.get("/v1/detectors")
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["retry-after"] == "1"
    assert answer.json()["detail"] == broken


def test_metrics_are_those_of_the_registry(client: TestClient) -> None:
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    assert "cutstream_things_total 3.0" in answer.text


def test_metrics_as_open_metrics(client: TestClient) -> None:
    answer = client.get("/metrics", headers={"Accept": "application/openmetrics-text"})
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    assert [family.name for family in text_string_to_metric_families(answer.text)] == [
        "cutstream_things"
    ]


def test_two_applications_share_nothing(settings: Settings, transport: Transport) -> None:
    first, second = (create_app(settings, transport) for _ in range(2))
    assert first.state.services.views["pumps"] is not second.state.services.views["pumps"]
