"""Which log a command works on."""

from __future__ import annotations

from pathlib import Path

import pytest

from stream.cli.options import BROKER_VARIABLE, DEFAULT_BROKER, chosen_log
from stream.settings.log import LogAddress
from stream.transports import KafkaOptions

SECURED = """
broker: kafka://configured:9092
kafka: {retry_for: 5, tls: {ca_file: ca.pem}}
detectors: {d: {input: {topic: t, features: [x]}}}
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "cutstream.yaml"
    path.write_text(SECURED)
    return path


def test_a_configuration_says_where_and_how(config: Path) -> None:
    address = chosen_log(config, None)
    assert address.url == "kafka://configured:9092"
    assert address.kafka.tls is not None


def test_a_url_replaces_where_and_not_how(config: Path) -> None:
    address = chosen_log(config, "kafka://other")
    assert address.url == "kafka://other"
    assert address.kafka == chosen_log(config, None).kafka != KafkaOptions()


def test_without_a_configuration_the_environment_or_the_default(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv(BROKER_VARIABLE, raising=False)
    assert chosen_log(None, None) == LogAddress(DEFAULT_BROKER)
    monkeypatch.setenv(BROKER_VARIABLE, "kafka://set")
    assert chosen_log(None, None) == LogAddress("kafka://set")
    assert chosen_log(None, "kafka://given") == LogAddress("kafka://given")
