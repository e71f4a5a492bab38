"""docs/http-api.md against the application that it describes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from prometheus_client import CollectorRegistry

from api.app import create_app
from api.errors import MEDIA_TYPE
from models.detector import DetectorBank
from stream.cli.service import make_worker, running
from stream.demo.films import Films, film_records
from stream.demo.phishing import site_records
from stream.demo.simulator import simulate
from stream.live.follower import Follower
from stream.records import Outgoing, TopicPartition
from stream.runtime.health import PartitionStatus, TaskStatus
from stream.runtime.options import RunnerOptions
from stream.runtime.snapshots import Snapshot, encode_snapshot
from stream.settings import detector_config, loads
from stream.tasks.detect import DetectTask
from stream.topics.start import prepare
from stream.transports import Transport, connect
from stream.transports.protocol import TopicSpec
from tests.api.test_service import FakeWorker
from tests.conftest import wait_until

PAGE = (Path(__file__).parents[2] / "docs" / "http-api.md").read_text()
EXAMPLES = re.findall(
    r"```console\n\$ curl '?http://127\.0\.0\.1:8321([^\n']*)'?\n```\n```json\n(.*?)```",
    PAGE,
    re.DOTALL,
)
QUESTIONS = re.findall(
    r"```console\n\$ curl -H 'Content-Type: application/json' -d '([^'\n]*)' \\\n"
    r" *http://127\.0\.0\.1:8321(\S*)\n```\n```json\n(.*?)```",
    PAGE,
    re.DOTALL,
)
WRITTEN = re.findall(
    r"```console\n\$ curl -X (PUT|DELETE) (?:-H 'Content-Type: application/json' -d '([^'\n]*)' \\\n *)?"
    r"http://127\.0\.0\.1:8321(\S*)\n```\n```json\n(.*?)```",
    PAGE,
    re.DOTALL,
)
CONFIGURATION = """
detectors:
  water:
    input: {topic: water, features: [flow]}
"""
LEARNING = """
broker: %s
api: {writes: true, follow: true}
worker: {poll_timeout: 0.05}
recommenders:
  films:
    input: {topic: ratings, user: user, item: item, type: type, timestamp: time}
    items: {topic: films}
    types: {liked: 1, rated: seen}
    models: [trending, cooccurrence, neighbours]
    evaluation: {share: 1}
    on_change: null
predictors:
  phishing:
    input: {topic: sites, id: id, timestamp: time, label: phishing}
    metrics: {every: 50}
    models:
      logistic: [preprocessing.StandardScaler, linear_model.LogisticRegression]
      bayes: [naive_bayes.BernoulliNB]
      tree: [tree.HoeffdingTreeClassifier]
"""


def shown(path: str) -> Any:
    """The answer that the page shows for a path."""
    return json.loads(dict(EXAMPLES)[path])


@pytest.fixture
def client(empty_transport: Transport) -> Iterator[TestClient]:
    """The application with the very records that the page shows."""
    settings = loads(CONFIGURATION)
    for name in ("water", "water.scores"):
        empty_transport.ensure_topic(TopicSpec(name))
    empty_transport.ensure_topic(TopicSpec("cutstream.water.snapshots", compact=True))
    page = next(json.loads(answer) for path, answer in EXAMPLES if "/scores?status" in path)
    last = shown("/v1/detectors/water/entities/all")["last"]
    for record in (*page["scores"], *page["scores"], last):
        value = json.dumps(record).encode()
        empty_transport.append([Outgoing("water.scores", b"all", value, (), 1, 0)])
    bank = DetectorBank(detector_config(settings, "water"))
    bank.slot(b"all")
    snapshot = Snapshot(b"all", bank.dump(b"all"), 1268, 0)
    topic = "cutstream.water.snapshots"
    empty_transport.append([encode_snapshot(snapshot, topic, TopicPartition("water", 0), 1)])
    empty_transport.append(
        [Outgoing("water", b"all", b'{"flow": %d}' % (n % 9), (), 1, 0) for n in range(1268 + 100)]
    )
    states = Follower(DetectTask(settings, "water", DetectorBank), empty_transport, RunnerOptions())
    states.refresh()
    worker = FakeWorker(
        TaskStatus("water", "running", (PartitionStatus("water", 0, 1, 0, False, 0, 0),), None),
        states,
    )
    app = create_app(settings, empty_transport, worker)
    with TestClient(app) as client:
        app.state.services.views["water"].refresh()
        yield client


@pytest.fixture(scope="module")
def learner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """An application that follows a recommender and a predictor, which have learned the demo's first records."""
    url = f"sqlite:///{tmp_path_factory.mktemp('docs')}/log.db"
    settings = loads(LEARNING % url)
    log = connect(url)
    prepare(settings, log)
    films = settings.recommenders["films"]
    made = Films(*simulate(events=500, users=20, items=120), "")
    records = [*film_records(made, films)]
    log.append(records)
    log.append([*islice(site_records(settings.predictors["phishing"]), 300)])
    app = create_app(settings, log)
    with running(make_worker(settings, CollectorRegistry())), TestClient(app) as client:
        ends = {"films": len(records), "phishing": 300}
        for name, end in ends.items():
            follower = app.state.services.live.followers[name]
            wait_until(
                lambda f=follower, e=end: [p.offset for p in f.status().partitions] == [e], 90
            )
        group, place = "cutstream.phishing", TopicPartition("sites", 0)
        wait_until(
            lambda: place in log.committed(group) and log.committed(group)[place].offset == 300
        )
        app.state.services.predictions["phishing"].refresh()
        yield client
    log.close()


@pytest.fixture
def asked(request: pytest.FixtureRequest) -> Callable[[str], TestClient]:
    """The application that has what a path is about."""

    def asked(path: str) -> TestClient:
        learned = any(name in path for name in ("/films", "/phishing"))
        found = request.getfixturevalue("learner" if learned else "client")
        assert isinstance(found, TestClient)
        return found

    return asked


def shape(answer: Any) -> Any:
    """The keys of an answer, without its values; lists by their first element."""
    if isinstance(answer, dict):
        return {key: shape(value) for key, value in answer.items()}
    if isinstance(answer, list):
        return [shape(answer[0])] if answer else []
    return None


@pytest.mark.parametrize("path", dict(EXAMPLES))
def test_an_example_is_what_is_answered(asked: Callable[[str], TestClient], path: str) -> None:
    answer = asked(path).get(path)
    expected = shown(path)
    is_problem = answer.headers["content-type"] == MEDIA_TYPE
    assert answer.status_code == (expected["status"] if is_problem else 200)
    if path == "/v1/detectors":  # the page shows one of them in the next section
        expected["detectors"] = [shown("/v1/detectors/water")]
    assert shape(answer.json()) == shape(expected)


@pytest.mark.parametrize(("question", "path", "answer"), QUESTIONS)
def test_a_question_is_answered_as_shown(
    asked: Callable[[str], TestClient], question: str, path: str, answer: str
) -> None:
    got = asked(path).post(path, json=json.loads(question))
    assert got.status_code == 200
    assert shape(got.json()) == shape(json.loads(answer))


@pytest.mark.parametrize(("method", "document", "path", "answer"), WRITTEN)
def test_what_is_written_is_answered_as_shown(
    learner: TestClient, method: str, document: str, path: str, answer: str
) -> None:
    body = json.loads(document) if document else None
    got = learner.request(method, path, json=body)
    assert got.status_code == 200, got.text
    assert shape(got.json()) == shape(json.loads(answer))


def test_every_route_has_a_section_and_an_example(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            heading = f"\n## {method.upper()} {path}\n"
            assert heading in PAGE
            section = PAGE.split(heading)[1].split("\n## ")[0]
            assert "$ curl " in section, path
            for name in asked_for(operation, document):
                assert f"`{name}`" in section, (path, name)


def asked_for(operation: dict[str, Any], document: dict[str, Any]) -> list[str]:
    """The names of an operation's parameters and of the parts of its body."""
    names = [p["name"] for p in operation.get("parameters", []) if p["in"] != "path"]
    schema = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    if (reference := schema.get("schema", {}).get("$ref")) is not None:
        names += document["components"]["schemas"][reference.split("/")[-1]]["properties"]
    return names


def test_no_section_is_about_a_route_that_does_not_exist(client: TestClient) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    routes = {f"{method.upper()} {path}" for path, methods in paths.items() for method in methods}
    assert set(re.findall(r"^## ((?:GET|POST|PUT|DELETE) .*)$", PAGE, re.MULTILINE)) == routes
