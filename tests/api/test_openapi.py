from __future__ import annotations

from typing import Any

import pytest
from fastapi import FastAPI
from jsonschema import Draft202012Validator

from api.openapi import SCORE_EXAMPLE
from api.schemas.recommendations import UserParameters
from stream.codec.schema import schema


@pytest.fixture
def document(app: FastAPI) -> dict[str, Any]:
    return app.openapi()


def all_operations(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [one for operations in document["paths"].values() for one in operations.values()]


def test_only_questions_and_records_are_posted(document: dict[str, Any]) -> None:
    posted = [path for path, operations in document["paths"].items() if "post" in operations]
    assert set(posted) == {
        "/v1/detectors/{name}/entities/{key}/score",
        "/v1/recommenders/{name}/session",
        "/v1/recommenders/{name}/events",
        "/v1/predictors/{name}/predict",
        "/v1/predictors/{name}/promote",
    }


def test_what_writes_says_that_it_may_be_refused(document: dict[str, Any]) -> None:
    writing = {
        operation["operationId"]
        for operation in all_operations(document)
        if "403" in operation["responses"]
    }
    assert writing == {"add_events", "put_item", "remove_item", "forget_user", "promote"}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            assert (operation["operationId"] in writing) or method in ("get", "post"), path


def test_it_is_openapi_3_1_and_introduces_itself(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    assert document["info"]["title"] == "cutstream"
    assert document["info"]["description"]


def test_every_operation_is_described(document: dict[str, Any]) -> None:
    tags = {tag["name"] for tag in document["tags"]}
    for operation in all_operations(document):
        assert operation["summary"]
        assert operation["description"]
        assert set(operation["tags"]) <= tags
        for parameter in operation.get("parameters", []):
            assert parameter.get("description"), parameter
        for status in ("4XX", "5XX"):
            assert list(operation["responses"][status]["content"]) == ["application/problem+json"]
        for status, response in operation["responses"].items():
            own = (operation["operationId"], status) == ("readyz", "503")
            assert (status[0] in "45" and not own) == (
                "application/problem+json" in response["content"]
            )
        assert "422" not in operation["responses"]


def test_operation_ids_are_short_and_distinct(document: dict[str, Any]) -> None:
    ids = [operation["operationId"] for operation in all_operations(document)]
    assert len(ids) == len(set(ids))
    assert all(name.isidentifier() and len(name) < 20 for name in ids)


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    def references(node: object) -> list[str]:
        if isinstance(node, dict):
            own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
            return own + [ref for value in node.values() for ref in references(value)]
        if isinstance(node, list):
            return [ref for value in node for ref in references(value)]
        return []

    schemas = document["components"]["schemas"]
    used = {ref.removeprefix("#/components/schemas/") for ref in references(document)}
    assert used == set(schemas)


def test_every_plain_field_has_an_example(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    for name in (
        "Problem",
        "Root",
        "Detector",
        "Model",
        "PartitionLag",
        "EntityItem",
        "State",
        "AsOf",
    ):
        for field, described in schemas[name]["properties"].items():
            composed = "$ref" in described or "anyOf" in described or described["type"] == "array"
            assert composed or "examples" in described, (name, field)


def test_the_example_of_a_score_record_is_one() -> None:
    Draft202012Validator(schema("score")).validate(SCORE_EXAMPLE)


def test_the_parameters_of_recommendations_are_described(document: dict[str, Any]) -> None:
    path = "/v1/recommenders/{name}/users/{id}/recommendations"
    asked = document["paths"][path]["get"]["parameters"]
    assert {(p["name"], p["in"], p["required"]) for p in asked} == {
        ("name", "path", True),
        ("id", "path", True),
        *((name, "query", False) for name in UserParameters.model_fields),
    }
    (n,) = [p["schema"] for p in asked if p["name"] == "n"]
    assert (n["minimum"], n["maximum"], n["default"]) == (1, 100, 10)
