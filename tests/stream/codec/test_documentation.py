"""The documents name every field, header and reason, in the words of the code."""

from __future__ import annotations

import json
import re
from pathlib import Path

import jsonschema

from stream.codec import REJECT_SENTENCES, SCHEMAS, SCORE_SENTENCES, schema

DOCS = Path(__file__).parents[3] / "docs"
DOCUMENT = (DOCS / "records.md").read_text()
ALL = DOCUMENT + "".join((DOCS / f"{page}.md").read_text() for page in ("predictor", "recommender"))


def test_every_field_and_header_has_its_row() -> None:
    for name in SCHEMAS:
        for field in schema(name)["properties"]:
            assert f"| `{field}` |" in ALL


def test_every_reason_has_its_row() -> None:
    for reason, sentence in {**SCORE_SENTENCES, **REJECT_SENTENCES}.items():
        assert f"| `{reason}` | {sentence} |" in DOCUMENT


def test_the_examples_keep_their_schemas() -> None:
    examples = re.findall(r"```json\n(.*?)```", DOCUMENT, re.DOTALL)
    for example, name in zip(examples, ("score", "alert"), strict=True):
        jsonschema.validate(json.loads(example), schema(name))
