from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from models.detector.config import DetectorConfig
from stream.errors import ConfigError
from stream.settings import Settings, detector_config, load, loads

SMALLEST = "detectors: {water: {input: {topic: flows, features: [flow]}}}"


def test_only_topic_and_features_are_needed() -> None:
    settings = loads(SMALLEST)
    water = settings.detectors["water"]
    assert settings.broker == "sqlite:///cutstream.db"
    assert water.input.features == {"flow": "flow"}
    assert water.output.topic == "flows.scores"
    assert (water.alerts.enabled, water.alerts.topic) == (True, "flows.alerts")
    assert water.dead_letters.topic == "flows.dlq"
    assert water.snapshots.topic == "cutstream.water.snapshots"
    assert water.config() == DetectorConfig(features=("flow",))


def test_every_setting_reaches_its_place() -> None:
    settings = loads(
        """
        broker: kafka://localhost:9092
        api: {host: 0.0.0.0, port: 80, token: secret}
        worker: {member: w1, metrics_port: 9, batch_size: 7, poll_timeout: 0.25, snapshot_every: 9, session_timeout: 3}
        detectors:
          water:
            input:
              topic: in
              partitions: 4
              key: [site, station.id]
              rekey: true
              timestamp: at
              features: {flow: reading.flow, pressure: readings.0}
              missing: dead-letter
              retention: 7d
            rekeyed: {topic: keyed, retention: 3d}
            output: {topic: out, retention: 500ms}
            alerts: {enabled: false, topic: told, retention: 1w}
            dead_letters: {topic: dead, retention: 2w}
            snapshots: {topic: state}
            shingle_size: 3
            warmup: 99
            forest: {n_trees: 5, sample_size: 64, time_decay: 1e-3, seed: 1, score: displacement}
            decision: {alarm_rate: 0.01}
        """
    )
    water = settings.detectors["water"]
    assert settings.api.token is not None
    assert settings.api.token.get_secret_value() == "secret"
    assert settings.worker.model_dump() == {
        "member": "w1",
        "metrics_port": 9,
        "batch_size": 7,
        "poll_timeout": 0.25,
        "snapshot_every": 9,
        "session_timeout": 3,
    }
    assert water.input.key == ("site", "station.id")
    assert water.input.retention == 7 * 86_400_000
    assert (water.rekeyed.topic, water.rekeyed.retention) == ("keyed", 3 * 86_400_000)
    assert (water.rekeys, water.log_topic) == (True, "keyed")
    assert (water.output.topic, water.output.retention) == ("out", 500)
    assert water.alerts.model_dump() == {
        "enabled": False,
        "topic": "told",
        "format": "json",
        "retention": 604_800_000,
    }
    assert (water.dead_letters.topic, water.dead_letters.retention) == ("dead", 1_209_600_000)
    assert water.snapshots.topic == "state"
    assert detector_config(settings, "water") == DetectorConfig(
        features=("flow", "pressure"),
        shingle_size=3,
        warmup=99,
        n_trees=5,
        sample_size=64,
        time_decay=0.001,
        seed=1,
        score="displacement",
        alarm_rate=0.01,
    )


def test_settings_are_frozen() -> None:
    with pytest.raises(ValidationError):
        loads(SMALLEST).broker = "sqlite:///other.db"


def test_load_reads_a_file_and_names_it(tmp_path: Path) -> None:
    path = tmp_path / "sound.yaml"
    path.write_text(SMALLEST)
    assert load(path) == loads(SMALLEST)
    with pytest.raises(ConfigError, match=r"absent\.yaml: The file must be readable: No such file"):
        load(tmp_path / "absent.yaml")
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="must be text in UTF-8"):
        load(path)


EXAMPLES = sorted((Path(__file__).parents[3] / "examples").glob("*.yaml"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_examples_are_sound(path: Path) -> None:
    assert load(path, environment={}).detectors


def test_there_are_examples() -> None:
    assert {"demo", "keyed"} <= {path.stem for path in EXAMPLES}


def test_an_unknown_detector_is_named() -> None:
    with pytest.raises(ConfigError, match="must be one of water, got 'fire'"):
        detector_config(loads(SMALLEST), "fire")


def test_the_json_schema_accepts_what_load_accepts() -> None:
    import jsonschema
    import yaml

    schema = Settings.json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    validator.validate(yaml.safe_load(SMALLEST))
    validator.validate({"api": {"token_file": "x"}, **yaml.safe_load(SMALLEST)})
    assert not validator.is_valid({"detectors": {}})
    assert not validator.is_valid({"typo": 1, **yaml.safe_load(SMALLEST)})


def test_faults_behind_other_faults_are_told_as_well() -> None:
    text = """
        api: {host: 0.0.0.0, port: 99999}
        detectors:
          a:
            input: {topic: t, features: [x]}
            output: {topic: t}
            forest: {n_trees: 0}
    """
    with pytest.raises(ConfigError) as caught:
        loads(text)
    told = " ".join(caught.value.problems)
    for setting in (
        "api.port",
        "api.token",
        "detectors.a.forest.n_trees",
        "detectors.a.output.topic",
    ):
        assert f"{setting} must " in told
    assert len(caught.value.problems) == 4
