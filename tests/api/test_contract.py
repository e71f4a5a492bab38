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
from stream.codec.score import STATUSES
from stream.records import Outgoing
from stream.settings import loads
from stream.transports import connect
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
"""
KNOWN = tuple({"name": "pumps", "key": key} for key in "abcx")
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
)
QUESTIONS = ("/v1/detectors/{name}/entities/{key}/score",)
OPERATIONS = [*(("GET", path) for path in DESCRIBED), *(("POST", path) for path in QUESTIONS)]


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
    registry = CollectorRegistry()
    Counter("cutstream_things", "Things.", registry=registry).inc()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("api.app.describe", describe)
        app = create_app(loads(CONFIGURATION), transport, registry=registry)
    with ApiServer(app, "127.0.0.1", 0) as server:
        wait_until(app.state.services.views["pumps"].caught_up.is_set)
        follower = app.state.services.live.followers["pumps"]
        wait_until(lambda: [p.offset for p in follower.status().partitions] == [60, 0])
        yield server
    transport.close()


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

    @settings(
        max_examples=25,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(operation.as_strategy(mode), st.none() | st.sampled_from(KNOWN))
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
    if "wait" in (case.query or {}):
        case.query["wait"] = 0
    elif "after" in (case.query or {}):
        case.query |= {"wait": 0}
    if isinstance(case.body, dict):
        values = case.body["values"]
        rows = values if isinstance(values, list) else [values]
        if len(rows) > 10:  # as its description says
            case.body["neighbours"] = 0
        named = [dict(zip(("flow",), row.values(), strict=False)) for row in rows]
        case.body |= {"values": named if isinstance(values, list) else named[0], "wait": 0}


def test_every_described_path_is_asked(described: OpenApiSchema) -> None:
    assert set(described) == {*DESCRIBED, *QUESTIONS}
