"""docs/predictor.md: its configurations load, its examples keep their schemas."""

from __future__ import annotations

import json
import re
from pathlib import Path

import jsonschema
import pytest
from river import datasets

from models.online.predictor import Predictor
from stream.codec import schema
from stream.settings import loads

DOCUMENT = (Path(__file__).parents[4] / "docs" / "predictor.md").read_text()
CONFIGURATIONS = re.findall(r"```yaml\n(.*?)```", DOCUMENT, re.DOTALL)
RECORDS = re.findall(r"```json\n(.*?)```", DOCUMENT, re.DOTALL)


@pytest.mark.parametrize("text", CONFIGURATIONS)
def test_the_models_of_every_configuration_learn(text: str) -> None:
    (chosen,) = loads(text).predictors.values()
    predictor = Predictor(chosen.config())
    for at, (x, y) in enumerate(datasets.Phishing().take(30)):
        label = float(y) if chosen.task == "regression" else y
        event = {**x, **({"postcode": str(at % 3)} if chosen.input.categories else {})}
        said = predictor.predict_one(str(at), event, float(at))
        assert [answer.error for answer in said.answers.values()] == [None] * len(said.answers)
        predictor.learn_one(str(at), label, float(at))
    for found in predictor.measures().values():
        assert found["errors"] == 0


@pytest.mark.parametrize(
    ("example", "name"),
    list(zip(RECORDS, ("prediction", "prediction-metrics", "model-change"), strict=True)),
)
def test_an_example_keeps_its_schema(example: str, name: str) -> None:
    jsonschema.validate(json.loads(example), schema(name))


def test_every_field_of_a_record_is_explained() -> None:
    for name in ("prediction", "prediction-metrics", "model-change", "promotion"):
        for field, detail in schema(name)["properties"].items():
            assert f"| `{field}` | {detail['description']} |" in DOCUMENT
