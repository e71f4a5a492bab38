from __future__ import annotations

import jsonschema
import pytest

from models.detector.decisions import STATUS_NAMES
from models.errors import InvalidParameter
from stream.codec import SCHEMAS, RejectReason, ScoreReason, schema
from stream.codec.score import STATUSES

OPTIONAL = {"cutstream.error.traceback"}
ASKED = {"recommendation-request"}
"""What others write, and may leave out as they like."""


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_is_one_and_describes_every_property(name: str) -> None:
    found = schema(name)
    jsonschema.Draft202012Validator.check_schema(found)
    assert found["$schema"].endswith("2020-12/schema")
    required = set() if name in ASKED else set(found["properties"]) - OPTIONAL
    assert set(found["required"]) == required
    for definition in (found, *found.get("$defs", {}).values()):
        for detail in definition.get("properties", {}).values():
            assert detail["description"]


def test_a_schema_names_every_reason() -> None:
    reasons = schema("score")["properties"]["reasons"]["description"]
    assert all(f"`{reason}`" in reasons for reason in ScoreReason)
    refusals = schema("dead-letter")["properties"]["cutstream.error.reason"]["description"]
    assert all(f"`{reason}`" in refusals for reason in RejectReason)


def test_an_unknown_schema_is_named() -> None:
    known = ", ".join(SCHEMAS)
    with pytest.raises(InvalidParameter, match=f"must be one of {known}, got 'alarm'"):
        schema("alarm")


def test_the_status_names_are_the_models() -> None:
    assert STATUSES == STATUS_NAMES
