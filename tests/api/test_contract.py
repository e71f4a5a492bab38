"""Whatever the OpenAPI document allows or forbids, asked of a real server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from prometheus_client import CollectorRegistry, Counter
from schemathesis.specs.openapi.checks import positive_data_acceptance
from schemathesis.specs.openapi.schemas import OpenApiSchema

from api.app import create_app
from api.server import ApiServer
from stream.cli.service import make_worker, running
from stream.codec.score import STATUSES
from stream.live.follower import Follower
from stream.records import Outgoing, TopicPartition
from stream.settings import Settings, loads
from stream.topics.start import prepare
from stream.transports import Transport, connect
from tests.conftest import wait_until
from tests.stream.query.conftest import describe, make_topics
from tests.stream.query.records import SECOND, START, score, snapshot

CONFIGURATION = """
detectors:
  pumps:
    input: {topic: pumps, partitions: 2, features: {flow: flow}}
    shingle_size: 2
    warmup: 20
    forest: {n_trees: 5, sample_size: 32}
recommenders:
  films:
    input: {topic: ratings, user: user, item: item, timestamp: time}
    items: {topic: films}
    models: [trending, cooccurrence, neighbours]
    evaluation: {share: 1}
predictors:
  sites:
    input: {topic: sites, id: id, timestamp: time, label: bad, features: [long]}
    models: {logistic: [linear_model.LogisticRegression]}
"""
KNOWN = tuple({"name": "pumps", "key": key} for key in "abcx")
LEARNING = (
    {"name": "films", "id": "a"},
    {"name": "films", "id": "1"},
    {"name": "sites"},
)
DESCRIBED = (
    "/",
    "/livez",
    "/readyz",
    "/metrics",
    "/v1/detectors",
    "/v1/detectors/{name}",
    "/v1/detectors/{name}/entities",
    "/v1/detectors/{name}/entities/{key}",
    "/v1/detectors/{name}/live/{key}",
    "/v1/detectors/{name}/scores",
    "/v1/recommenders",
    "/v1/recommenders/{name}",
    "/v1/recommenders/{name}/users/{id}/recommendations",
    "/v1/recommenders/{name}/users/{id}/neighbours",
    "/v1/recommenders/{name}/users/{id}",
    "/v1/recommenders/{name}/items/{id}/similar",
    "/v1/recommenders/{name}/items/{id}",
    "/v1/recommenders/{name}/metrics",
    "/v1/predictors",
    "/v1/predictors/{name}",
    "/v1/predictors/{name}/metrics",
    "/v1/predictors/{name}/predictions",
)
QUESTIONS = (
    "/v1/detectors/{name}/entities/{key}/score",
    "/v1/recommenders/{name}/session",
    "/v1/predictors/{name}/predict",
)
WRITING = (
    ("POST", "/v1/recommenders/{name}/events"),
    ("PUT", "/v1/recommenders/{name}/items/{id}"),
    ("DELETE", "/v1/recommenders/{name}/items/{id}"),
    ("DELETE", "/v1/recommenders/{name}/users/{id}"),
    ("POST", "/v1/predictors/{name}/promote"),
)
"""Not allowed here, so that whatever is asked changes nothing for the others; see test_records."""
OPERATIONS = [
    *(("GET", path) for path in DESCRIBED),
    *(("POST", path) for path in QUESTIONS),
    *WRITING,
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiServer]:
    """A server over a log with four entities, of which it follows one."""
    path: Path = tmp_path_factory.mktemp("contract") / "log.db"
    transport = connect(f"sqlite:///{path}")
    make_topics(transport)
    transport.append(
        [
            score("abcd"[n % 4], START + n * SECOND, STATUSES[n % 3], partition=n % 2)
            for n in range(40)
        ]
    )
    transport.append([snapshot(b"a", b"10"), snapshot(b"b", b"broken")])
    transport.append(
        [Outgoing("pumps", b"a", b'{"flow": %d}' % (n % 7), (), 1000, 0) for n in range(60)]
    )
    configured = loads(f"broker: sqlite:///{path}\nworker: {{poll_timeout: 0.05}}\n{CONFIGURATION}")
    learn(configured, transport)
    registry = CollectorRegistry()
    Counter("cutstream_things", "Things.", registry=registry).inc()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("api.app.describe", describe)
        app = create_app(configured, transport, registry=registry)
    with ApiServer(app, "127.0.0.1", 0) as server:
        wait_until(app.state.services.views["pumps"].caught_up.is_set)
        for name, ends in (("pumps", [60, 0]), ("films", [33]), ("sites", [20])):
            follower = app.state.services.live.followers[name]
            wait_until(lambda f=follower, e=ends: offsets(f) == e, 90)
        yield server
    transport.close()


def learn(configured: Settings, log: Transport) -> None:
    """Let workers learn three items, 30 interactions and 20 labelled events."""
    prepare(configured, log)
    log.append([Outgoing("films", b"%d" % n, b'{"text": "film"}', (), 1000, 0) for n in range(3)])
    log.append(
        [
            Outgoing(
                "ratings", None, b'{"user":"%c","item":"%d","time":%d}' % (97 + n % 4, n % 7, n)
            )
            for n in range(30)
        ]
    )
    log.append(
        [
            Outgoing("sites", None, b'{"id":%d,"time":%d,"long":%d,"bad":true}' % (n, n, n % 3))
            for n in range(20)
        ]
    )
    learning = configured.model_copy(update={"detectors": {}})
    with running(make_worker(learning, CollectorRegistry())):
        group, place = "cutstream.films", TopicPartition("cutstream.films.sequenced", 0)
        wait_until(lambda: reached(log, group, place) == 33, 90)
        wait_until(lambda: reached(log, "cutstream.sites", TopicPartition("sites", 0)) == 20, 90)


def reached(log: Transport, group: str, place: TopicPartition) -> int:
    """The committed offset of a group; 0 where there is none."""
    committed = log.committed(group)
    return committed[place].offset if place in committed else 0


def offsets(follower: Follower) -> list[int | None]:
    """Where a follower is, by partition."""
    return [partition.offset for partition in follower.status().partitions]


@pytest.fixture(scope="module")
def described(server: ApiServer) -> OpenApiSchema:
    """The server's own description."""
    return schemathesis.openapi.from_url(f"{server.url}/openapi.json")


@pytest.mark.parametrize("mode", schemathesis.GenerationMode, ids=lambda mode: mode.value)
@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_every_answer_is_as_described(
    described: OpenApiSchema, method: str, path: str, mode: schemathesis.GenerationMode
) -> None:
    operation = described[path][method]
    known_here = KNOWN if "detectors" in path else LEARNING

    @settings(
        max_examples=25,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(operation.as_strategy(mode), st.none() | st.sampled_from(known_here))
    def ask(case: schemathesis.Case, known: dict[str, str] | None) -> None:
        # What is made up alone would hardly ever be there.
        for name in (known or {}) if case.path_parameters else ():
            if name in case.path_parameters:
                case.path_parameters[name] = known[name]
        if mode is schemathesis.GenerationMode.POSITIVE:
            make_answerable(case)
        # A schema cannot say which texts are cursors of which query.
        guessed = [positive_data_acceptance] if "cursor" in (case.query or {}) else []
        case.call_and_validate(excluded_checks=guessed)

    try:
        ask()
    except Unsatisfiable:
        # Any text may stand in a path, so nothing can be wrong where there is no query.
        assert mode is schemathesis.GenerationMode.NEGATIVE
        parameters = operation.definition.raw.get("parameters", [])
        assert {parameter["in"] for parameter in parameters} <= {"path"}


def make_answerable(case: schemathesis.Case) -> None:
    """Ask for what a schema cannot say: the detector's features, and no long wait."""
    if "after" in (case.query or {}) and "recommenders" in case.operation.path:
        case.query["after"] = "0:32"  # of its one partition
    if "wait" in (case.query or {}):
        case.query["wait"] = 0
    elif "after" in (case.query or {}):
        case.query |= {"wait": 0}
    if isinstance(case.query, dict) and "filter" in case.query:
        case.query["filter"] = "category:comedy"
    if isinstance(case.body, dict) and "features" in case.body:
        case.body |= {"features": {"long": 1.0}, "wait": 0}
        case.body.pop("after", None)
    elif isinstance(case.body, dict) and "items" in case.body:
        case.body |= {"filter": "category:comedy", "wait": 0}
        case.body.pop("after", None)
    elif isinstance(case.body, dict) and "values" in case.body:
        values = case.body["values"]
        rows = values if isinstance(values, list) else [values]
        if len(rows) > 10:  # as its description says
            case.body["neighbours"] = 0
        named = [dict(zip(("flow",), row.values(), strict=False)) for row in rows]
        case.body |= {"values": named if isinstance(values, list) else named[0], "wait": 0}


def test_every_described_path_is_asked(described: OpenApiSchema) -> None:
    assert set(described) == {*DESCRIBED, *QUESTIONS, *(path for _, path in WRITING)}
