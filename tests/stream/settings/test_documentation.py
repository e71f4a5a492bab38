"""docs/configuration.md names every setting, with its default, in files that load."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from stream.settings import DetectorSettings, Settings, loads
from stream.settings.recommender import RecommenderSettings
from stream.settings.section import Section, part_of

DOCUMENT = (Path(__file__).parents[3] / "docs" / "configuration.md").read_text()
BLOCKS = re.findall(r"```yaml\n(.*?)```", DOCUMENT, re.DOTALL)


def paths(section: type[Section], prefix: str = "") -> Iterator[str]:
    for name, field in section.model_fields.items():
        part, many = part_of(field.annotation)
        if part is None:
            yield prefix + name
        elif not many:
            yield from paths(part, f"{prefix}{name}.")


def test_every_setting_has_its_row() -> None:
    for path in (*paths(Settings), *paths(DetectorSettings), *paths(RecommenderSettings)):
        assert f"| `{path}` |" in DOCUMENT


def test_every_example_loads() -> None:
    assert len(BLOCKS) >= 6
    for block in BLOCKS:
        assert loads(block, environment={"KAFKA_PASSWORD": "secret"}).tasks


def test_the_defaults_are_the_defaults() -> None:
    smallest = loads("detectors: {water: {input: {topic: water, features: {flow: reading.flow}}}}")
    assert loads(BLOCKS[1]) == smallest
    least = loads("recommenders: {films: {input: {topic: views, user: user, item: film}}}")
    (whole,) = (block for block in BLOCKS if "{topic: cutstream.films.snapshots, every:" in block)
    assert loads(whole) == least


def test_every_setting_is_described_in_the_schema() -> None:
    for definition in (Settings.json_schema(), *Settings.json_schema()["$defs"].values()):
        for name, detail in definition["properties"].items():
            assert detail.get("description"), name
