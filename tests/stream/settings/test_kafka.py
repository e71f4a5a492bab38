"""The kafka section: from text to the transport's options, or to sentences."""

from __future__ import annotations

from pathlib import Path

import pytest

from stream.errors import ConfigError
from stream.settings import Settings, loads
from stream.transports.kafka.options import KafkaOptions, SaslOptions, TlsOptions

DETECTORS = "detectors: {d: {input: {topic: t, features: [x]}}}\n"


def loaded(section: str, environment: dict[str, str] | None = None) -> Settings:
    return loads(f"broker: kafka://host\n{DETECTORS}kafka: {section}", "test", environment or {})


def problems(section: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        loaded(section)
    return caught.value.problems


def test_nothing_said_is_the_defaults() -> None:
    assert loads(DETECTORS).kafka.options() == KafkaOptions() == loaded("{}").log.kafka
    assert loaded("{}").log.url == "kafka://host"


def test_everything_said_arrives(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("from a file\n")
    settings = loaded(
        f"""
  client: confluent
  replication_factor: 3
  transaction_timeout: 5.5
  retry_for: 0
  tls:
    ca_file: ca.pem
    cert_file: cert.pem
    key_file: key.pem
    key_password_file: {tmp_path}/secret
    check_hostname: "${{CHECK}}"
  sasl: {{mechanism: SCRAM-SHA-256, username: me, password: "${{PASSWORD}}"}}
""",
        {"PASSWORD": "from the environment", "CHECK": "false"},
    )
    assert settings.log.kafka == KafkaOptions(
        client="confluent",
        replication_factor=3,
        transaction_timeout=5.5,
        retry_for=0.0,
        tls=TlsOptions(
            ca_file="ca.pem",
            cert_file="cert.pem",
            key_file="key.pem",
            key_password="from a file",
            check_hostname=False,
        ),
        sasl=SaslOptions(mechanism="SCRAM-SHA-256", username="me", password="from the environment"),
    )
    assert "from a file" not in repr(settings)


def test_tokens(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("s")
    settings = loaded(
        "{sasl: {mechanism: OAUTHBEARER, token_url: 'https://id/t', client_id: me, scope: a b, "
        f"token_ca_file: ca.pem, client_secret_file: {tmp_path}/secret}}}}"
    )
    assert settings.log.kafka.sasl == SaslOptions(
        mechanism="OAUTHBEARER",
        token_url="https://id/t",
        token_ca_file="ca.pem",
        client_id="me",
        client_secret="s",
        scope="a b",
    )


def test_encryption_with_defaults_is_encryption() -> None:
    assert loaded("{tls: {}}").log.kafka.tls == TlsOptions()
    assert loaded("{tls: null}").log.kafka.tls is None


@pytest.mark.parametrize(
    ("section", "sentence"),
    [
        ("{client: java}", "client must be 'kafka-python' or 'confluent', got 'java'."),
        ("{replication_factor: 0}", "replication_factor must be at least 1, got 0."),
        ("{transaction_timeout: 0}", "transaction_timeout must be above 0.0, got 0."),
        ("{transaction_timeout: 901}", "transaction_timeout must be at most 900.0, got 901."),
        ("{retry_for: -1}", "retry_for must be at least 0.0, got -1."),
        ("{retry_for: .inf}", "retry_for must be at most 86400.0, got inf."),
        ("{tls: true}", "tls must be a mapping, got True."),
        ("{tls: {cert_file: c}}", "tls.key_file must be set when cert_file is, got null."),
        ("{tls: {key_file: k}}", "tls.cert_file must be set when key_file is, got null."),
        ("{tls: {check_hostname: maybe}}", "tls.check_hostname must be true or false, got 'maybe'"),
        (
            "{tls: {key_password: hunter2}}",
            "tls.key_password must be absent without key_file, got a hidden value.",
        ),
        ("{sasl: {}}", "sasl.mechanism must be set, got nothing."),
        ("{sasl: {mechanism: GSSAPI}}", "sasl.mechanism must be 'PLAIN', 'SCRAM-SHA-256', 'SCRAM-"),
        ("{sasl: {mechanism: PLAIN}}", "sasl.username must be set for PLAIN, got null."),
        (
            "{sasl: {mechanism: PLAIN, username: me, password: ''}}",
            "sasl.password must be set for PLAIN, got null.",
        ),
        (
            "{sasl: {mechanism: PLAIN, username: me, password: 5}}",
            "sasl.password must be text, got a hidden value.",
        ),
        (
            "{sasl: {mechanism: PLAIN, username: me, password: p, client_secret: hunter2}}",
            "sasl.client_secret must be absent for PLAIN, got a hidden value.",
        ),
        (
            "{sasl: {mechanism: OAUTHBEARER, token_url: id, client_id: a, client_secret: hunter2}}",
            "sasl.token_url must be an http or https URL, got 'id'.",
        ),
        (
            "{sasl: {mechanism: PLAIN, username: me, password_file: /nonexistent/hunter}}",
            "sasl.password_file must be a readable file, got '/nonexistent/hunter': No such",
        ),
    ],
)
def test_a_rule_of_the_section(section: str, sentence: str) -> None:
    found = problems(section)
    assert found[0].startswith(f"kafka.{sentence}")
    assert "hunter2" not in " ".join(found)


def test_an_unknown_setting_gets_the_nearest_name() -> None:
    (found,) = problems("{tls: {cafile: x}}")
    assert found == "A setting of kafka.tls must be like 'ca_file', got 'cafile'."


@pytest.mark.parametrize(
    "broker",
    ["kafka://", "kafka://host:port", "kafka://a,,b", "kafka://me:hunter2@host", "kafka://a/b"],
)
def test_the_address_of_a_cluster_is_checked(broker: str) -> None:
    with pytest.raises(ConfigError) as caught:
        loads(f"broker: {broker}\n{DETECTORS}")
    (found,) = caught.value.problems
    assert found.startswith("broker must be kafka://host[:port][,host[:port]...] with ports from")
    assert "hunter2" not in found


@pytest.mark.parametrize("broker", ["redis://host", "sqlite://", "localhost:9092"])
def test_another_kind_of_log_is_refused(broker: str) -> None:
    with pytest.raises(ConfigError, match="must be a URL such as sqlite:"):
        loads(f"broker: {broker}\n{DETECTORS}")
