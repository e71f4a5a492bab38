from __future__ import annotations

from pathlib import Path

import pytest

from stream.errors import ConfigError
from stream.registry.options import RegistryOptions
from stream.settings.desk import desk_settings
from stream.transports.kafka.options import SaslOptions

CONFIG = """
broker: kafka://b1:9093,b2
registry: {url: "http://r:8081"}
api: {token: hush}
kafka:
  replication_factor: 3
  sasl: {mechanism: PLAIN, username: ann, password: secret}
detectors:
  a: {input: {topic: t, features: [x]}}
  b: {input: {topic: t, features: [y]}, output: {topic: o}}
  c: {input: {topic: u, features: [x]}, alerts: {enabled: false}}
  d: {input: {topic: v, features: [x]}, alerts: {topic: told}}
recommenders:
  e: {input: {topic: clicks, user: u, item: i}}
"""


@pytest.fixture
def config(tmp_path: Path) -> str:
    path = tmp_path / "cutstream.yaml"
    path.write_text(CONFIG)
    return str(path)


def problem(environment: dict[str, str]) -> str:
    with pytest.raises(ConfigError) as caught:
        desk_settings(environment)
    (sentence,) = caught.value.problems
    return sentence


def test_a_topic_is_enough() -> None:
    settings = desk_settings({"CUTSTREAM_ALERT_TOPICS": "a.alerts"})
    assert settings.servers == ["localhost:9092"]
    assert (settings.alert_topics, settings.recommendation_topics) == (("a.alerts",), ())
    assert (settings.desk_quiet, settings.desk_keep) == (900_000, 86_400_000)
    assert settings.desk_keep_recommendations == 7 * 86_400_000
    assert (settings.desk_id, settings.desk_token) == ("cutstream-desk", None)
    assert settings.desk_session_timeout == 15_000


def test_every_variable_reaches_its_place(tmp_path: Path) -> None:
    secret = tmp_path / "token"
    secret.write_text("hush\n")
    settings = desk_settings(
        {
            "CUTSTREAM_BROKER": "kafka://b1:1,b2",
            "CUTSTREAM_ALERT_TOPICS": "a, b,,a",
            "CUTSTREAM_RECOMMENDATION_TOPICS": "r s",
            "CUTSTREAM_DESK_ID": "second",
            "CUTSTREAM_DESK_QUIET": "5m",
            "CUTSTREAM_DESK_KEEP": "2h",
            "CUTSTREAM_DESK_KEEP_RECOMMENDATIONS": "1w",
            "CUTSTREAM_DESK_SESSION_TIMEOUT": "10s",
            "CUTSTREAM_DESK_TOKEN_FILE": str(secret),
        }
    )
    assert settings.servers == ["b1:1", "b2:9092"]
    assert (settings.alert_topics, settings.recommendation_topics) == (("a", "b"), ("r", "s"))
    assert (settings.desk_quiet, settings.desk_keep) == (300_000, 7_200_000)
    assert settings.desk_keep_recommendations == 604_800_000
    assert (settings.desk_id, settings.desk_session_timeout) == ("second", 10_000)
    assert settings.desk_token is not None
    assert settings.desk_token.get_secret_value() == "hush"


def test_a_configuration_tells_broker_security_and_topics(config: str) -> None:
    settings = desk_settings({"CUTSTREAM_CONFIG": config, "CUTSTREAM_BROKER": "kafka://unused"})
    assert settings.servers == ["b1:9093", "b2:9092"]
    assert settings.alert_topics == ("t.alerts", "told")
    assert settings.recommendation_topics == ("clicks.recommendations",)
    assert settings.registry == RegistryOptions(url="http://r:8081")
    assert settings.kafka.replication_factor == 3
    assert settings.kafka.sasl == SaslOptions(mechanism="PLAIN", username="ann", password="secret")
    assert settings.desk_token is not None
    assert settings.desk_token.get_secret_value() == "hush"


def test_variables_go_over_the_configuration(config: str) -> None:
    settings = desk_settings(
        {
            "CUTSTREAM_CONFIG": config,
            "CUTSTREAM_ALERT_TOPICS": "told",
            "CUTSTREAM_RECOMMENDATION_TOPICS": "r",
            "CUTSTREAM_DESK_TOKEN": "other",
        }
    )
    assert (settings.alert_topics, settings.recommendation_topics) == (("told",), ("r",))
    assert settings.desk_token is not None
    assert settings.desk_token.get_secret_value() == "other"


def test_there_must_be_something_to_read() -> None:
    assert problem({}).startswith("CUTSTREAM_CONFIG must name a configuration with alerts")


@pytest.mark.parametrize(
    ("variable", "value", "rule"),
    [
        ("CUTSTREAM_BROKER", "sqlite:///x", "kafka://host[:port]"),
        ("CUTSTREAM_ALERT_TOPICS", "a!", "at most 249 of the characters"),
        ("CUTSTREAM_DESK_QUIET", "5 min", "a duration such as"),
        ("CUTSTREAM_DESK_ID", "a b", "at most 249 of the characters"),
        ("CUTSTREAM_DESK_TOKEN_FILE", "/nowhere", "readable file, got '/nowhere'"),
    ],
)
def test_a_fault_names_its_variable(variable: str, value: str, rule: str) -> None:
    sentence = problem({"CUTSTREAM_RECOMMENDATION_TOPICS": "r", variable: value})
    assert sentence.startswith(f"{variable} must ")
    assert rule in sentence


def test_a_fault_of_the_configuration_is_told(tmp_path: Path) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text("detectors: {}")
    with pytest.raises(ConfigError, match="must have an entry in one of"):
        desk_settings({"CUTSTREAM_CONFIG": str(path)})
    path.write_text("detectors: {a: {input: {topic: t, features: [x]}}}")
    with pytest.raises(ConfigError, match="must be kafka://"):
        desk_settings({"CUTSTREAM_CONFIG": str(path)})
