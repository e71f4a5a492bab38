from __future__ import annotations

import base64
import sys
from pathlib import Path

import pytest

from models.errors import InvalidParameter
from stream.registry import (
    MissingExtra,
    Reference,
    RegistryOptions,
    RegistryRefused,
    RegistryUnavailable,
    Schema,
    SchemaRegistry,
)
from tests.registry.stub import Registry, running_registry

STRING = Schema("AVRO", '{"type": "string"}')
PROTO = base64.b64encode(b"\n\x01x").decode()


def test_a_schema_is_asked_for_once(registry: Registry, client: SchemaRegistry) -> None:
    schema_id = registry.add(STRING.text)
    assert [client.by_id(schema_id) for _ in range(3)] == [STRING] * 3
    assert registry.asked == {f"GET /schemas/ids/{schema_id}": 1}


def test_the_types_of_schemas(registry: Registry, client: SchemaRegistry) -> None:
    assert client.types() == ["AVRO", "JSON", "PROTOBUF"]
    registry.failing = 503
    with pytest.raises(RegistryUnavailable):
        client.types()


def test_what_was_fetched_outlives_the_registry(registry: Registry, client: SchemaRegistry) -> None:
    schema_id = registry.add('{"type": "object"}', "JSON")
    assert client.by_id(schema_id) == Schema("JSON", '{"type": "object"}')
    registry.failing = 503
    assert client.by_id(schema_id) == Schema("JSON", '{"type": "object"}')


def test_protobuf_comes_serialized(registry: Registry, client: SchemaRegistry) -> None:
    schema_id = registry.add(PROTO, "PROTOBUF")
    assert client.by_id(schema_id) == Schema("PROTOBUF", PROTO)


def test_protobuf_as_text_is_no_answer(registry: Registry, client: SchemaRegistry) -> None:
    schema_id = registry.add('syntax = "proto3";', "PROTOBUF")
    with pytest.raises(RegistryUnavailable, match="text where `format=serialized` was asked for"):
        client.by_id(schema_id)


def test_references_are_resolved(registry: Registry, client: SchemaRegistry) -> None:
    registry.add(STRING.text, subject="inner")
    to_inner = {"name": "Inner", "subject": "inner", "version": 1}
    registry.add("middle", subject="middle", references=[to_inner])
    to_middle = {"name": "Middle", "subject": "middle", "version": 1}
    schema_id = registry.add("outer", references=[to_middle])
    inner = Reference("Inner", STRING)
    middle = Reference("Middle", Schema("AVRO", "middle", (inner,)))
    assert client.by_id(schema_id) == Schema("AVRO", "outer", (middle,))


def test_a_reference_that_is_gone_is_no_answer(registry: Registry, client: SchemaRegistry) -> None:
    to_nothing = {"name": "Inner", "subject": "inner", "version": 1}
    schema_id = registry.add("outer", references=[to_nothing])
    with pytest.raises(RegistryUnavailable, match="no such version"):
        client.by_id(schema_id)


def test_an_unknown_id_is_asked_for_again_after_a_while(registry: Registry) -> None:
    now = [0.0]
    client = SchemaRegistry(RegistryOptions(url=registry.url), clock=lambda: now[0])
    assert client.by_id(1) is None
    assert client.by_id(1) is None
    assert registry.asked.total() == 1
    registry.add(STRING.text)
    now[0] = 1.5
    assert client.by_id(1) == STRING


@pytest.mark.parametrize("status", [401, 403, 404, 429, 500, 503])
def test_a_fault_of_the_registry_is_not_the_records(
    registry: Registry, client: SchemaRegistry, status: int
) -> None:
    schema_id = registry.add(STRING.text)
    registry.failing = status
    with pytest.raises(RegistryUnavailable, match=f"must answer when asked .* id {schema_id}, got"):
        client.by_id(schema_id)
    registry.failing = None
    assert client.by_id(schema_id) == STRING


def test_a_registry_that_is_away() -> None:
    with running_registry() as gone:
        client = SchemaRegistry(RegistryOptions(url=gone.url, timeout=1.0))
    with pytest.raises(RegistryUnavailable):
        client.by_id(1)
    with pytest.raises(RegistryUnavailable):
        client.id_of("a-value", STRING)


def test_a_schema_is_registered_once(registry: Registry, client: SchemaRegistry) -> None:
    schema_id = client.id_of("a/b-value", STRING)
    assert registry.subjects == {"a/b-value": [schema_id]}
    other = SchemaRegistry(RegistryOptions(url=registry.url, auto_register=False))
    assert other.id_of("a/b-value", STRING) == schema_id
    assert registry.asked["POST /subjects/a%2Fb-value/versions"] == 1


def test_one_who_may_only_read_takes_what_is_there(
    registry: Registry, client: SchemaRegistry
) -> None:
    schema_id = registry.add(STRING.text, subject="a-value")
    registry.read_only = True
    assert client.id_of("a-value", STRING) == schema_id
    with pytest.raises(RegistryRefused, match=r"registration of subject 'b-value', got: .*denied"):
        client.id_of("b-value", STRING)


def test_without_auto_register_the_schema_must_be_there(registry: Registry) -> None:
    client = SchemaRegistry(RegistryOptions(url=registry.url, auto_register=False))
    with pytest.raises(RegistryRefused, match="auto_register is false, got none that fits"):
        client.id_of("a-value", STRING)
    assert registry.subjects == {}


def test_an_incompatible_schema_is_refused(registry: Registry, client: SchemaRegistry) -> None:
    registry.incompatible = True
    with pytest.raises(RegistryRefused, match="is incompatible with an earlier schema"):
        client.id_of("a-value", STRING)


def test_basic_authentication(registry: Registry) -> None:
    registry.credentials = ("ann", "s:cret")
    schema_id = registry.add(STRING.text)
    ann = SchemaRegistry(RegistryOptions(url=registry.url, username="ann", password="s:cret"))
    eve = SchemaRegistry(RegistryOptions(url=registry.url, username="eve", password="guess"))
    assert ann.by_id(schema_id) == STRING
    with pytest.raises(RegistryUnavailable, match="401") as raised:
        eve.by_id(schema_id)
    assert "guess" not in str(raised.value)
    with pytest.raises(RegistryRefused, match="401"):
        eve.id_of("a-value", STRING)


def test_a_second_address_stands_in_for_the_first(registry: Registry) -> None:
    schema_id = registry.add(STRING.text)
    with running_registry() as gone:
        urls = f"{gone.url},{registry.url}"
    client = SchemaRegistry(RegistryOptions(url=urls, timeout=1.0))
    assert client.by_id(schema_id) == STRING


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "confluent_kafka.schema_registry", None)
    monkeypatch.delattr("confluent_kafka.schema_registry", raising=False)
    with pytest.raises(MissingExtra, match=r"needs the extra `schemas`"):
        SchemaRegistry(RegistryOptions(url="http://127.0.0.1:1"))


def test_authorities_that_cannot_be_read(tmp_path: Path) -> None:
    options = RegistryOptions(url="https://127.0.0.1:1", ca_file=str(tmp_path / "none.pem"))
    with pytest.raises(InvalidParameter, match="'ca_file' of the registry must be a readable PEM"):
        SchemaRegistry(options)


def test_a_secret_in_a_url_is_not_told() -> None:
    client = SchemaRegistry(RegistryOptions(url="http://ann:secret@127.0.0.1:1", timeout=0.5))
    with pytest.raises(RegistryUnavailable) as raised:
        client.by_id(1)
    assert "secret" not in str(raised.value)
