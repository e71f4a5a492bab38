"""Score records in the formats of a schema registry."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest

from stream.codec.formats.names import Format
from stream.codec.formats.writing import make_encoder
from stream.codec.score import ScoreRecord
from stream.query import DetectorView
from stream.query.formats import scores_as_json
from stream.query.scores import ScoreQuery
from stream.records import Outgoing
from stream.registry import RegistryOptions, RegistryUnavailable, SchemaRegistry
from stream.registry.framing import frame
from stream.settings import Settings, loads
from stream.transports import Transport
from tests.registry.stub import Registry, running_registry
from tests.stream.query.conftest import TOPICS, describe
from tests.stream.query.records import NAME, SECOND, START, score, score_value


@pytest.fixture
def registry() -> Iterator[Registry]:
    with running_registry() as running:
        yield running


def settings(registry: Registry) -> Settings:
    return loads(
        f"""
        registry: {{url: "{registry.url}"}}
        detectors: {{pumps: {{input: {{topic: pumps, features: [flow]}}}}}}
        """
    )


@pytest.fixture
def view(transport: Transport, registry: Registry) -> Iterator[DetectorView]:
    opened = DetectorView(
        transport, NAME, TOPICS, describe, as_json=scores_as_json(settings(registry))
    )
    yield opened
    opened.close()


def framed(registry: Registry, form: Format, at: int) -> Outgoing:
    """A score as a worker writes it in that format."""
    client = SchemaRegistry(RegistryOptions(url=registry.url))
    plain = score("a", START + at * SECOND, "anomaly", grade=0.5)
    record = msgspec.json.decode(plain.value or b"", type=ScoreRecord)
    return plain._replace(value=make_encoder(form, "score", plain.topic, client).encode(record))


def test_scores_of_every_format_are_found_as_json(
    view: DetectorView, transport: Transport, registry: Registry
) -> None:
    forms: tuple[Format, ...] = ("json", "avro", "json-schema", "protobuf")
    transport.append([framed(registry, form, at) for at, form in enumerate(forms)])
    transport.append([score("a")._replace(value=value) for value in (frame(99), b"\0", b"{")])
    view.refresh()
    assert view.scores.unreadable == 3
    found = view.scores.find(ScoreQuery(entity="a", status=("anomaly",))).records
    expected = [score_value("a", START + at * SECOND, "anomaly", grade=0.5) for at in range(4)]
    assert found == expected[::-1]


def test_an_index_waits_for_the_registry(
    view: DetectorView, transport: Transport, registry: Registry
) -> None:
    transport.append([framed(registry, "avro", 0), framed(registry, "avro", 1)])
    registry.failing = 503
    with pytest.raises(RegistryUnavailable):
        view.refresh()
    registry.failing = None
    view.refresh()
    view.refresh()
    assert len(view.scores.find(ScoreQuery()).records) == 2
    assert view.scores.unreadable == 0
