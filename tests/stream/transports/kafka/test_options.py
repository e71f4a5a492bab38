from __future__ import annotations

from typing import Any

import pytest

from models.errors import InvalidParameter
from stream.transports.kafka.options import KafkaOptions, SaslOptions, TlsOptions

TOKEN = {"token_url": "https://id.example/token", "client_id": "me", "client_secret": "hunter2"}


@pytest.mark.parametrize(
    ("kind", "given", "sentence"),
    [
        (TlsOptions, {"cert_file": "c"}, "'key_file' of TLS must be set when cert_file is"),
        (TlsOptions, {"key_file": "k"}, "'cert_file' of TLS must be set when key_file is"),
        (
            TlsOptions,
            {"key_password": "hunter2"},
            "'key_password' of TLS must be absent without key_file, got 'a hidden value'",
        ),
        (
            SaslOptions,
            {"mechanism": "PLAIN", "password": "hunter2"},
            "'username' of SASL must be set for PLAIN, got None",
        ),
        (
            SaslOptions,
            {"mechanism": "SCRAM-SHA-512", "username": "me", "password": ""},
            "'password' of SASL must be set for SCRAM-SHA-512",
        ),
        (
            SaslOptions,
            {"mechanism": "SCRAM-SHA-256", "username": "me", "password": "p", "scope": "s"},
            "'scope' of SASL must be absent for SCRAM-SHA-256, got 's'",
        ),
        (
            SaslOptions,
            {"mechanism": "PLAIN", "username": "me", "password": "p", "client_secret": "hunter2"},
            "'client_secret' of SASL must be absent for PLAIN, got 'a hidden value'",
        ),
        (
            SaslOptions,
            {"mechanism": "OAUTHBEARER", **TOKEN, "client_id": None},
            "'client_id' of SASL must be set for OAUTHBEARER",
        ),
        (
            SaslOptions,
            {"mechanism": "OAUTHBEARER", **TOKEN, "password": "hunter2"},
            "'password' of SASL must be absent for OAUTHBEARER, got 'a hidden value'",
        ),
        (
            SaslOptions,
            {"mechanism": "OAUTHBEARER", **TOKEN, "token_url": "file:///etc/passwd"},
            "'token_url' of SASL must be an http or https URL, got 'file:///etc/passwd'",
        ),
        (
            SaslOptions,
            {"mechanism": "OAUTHBEARER", **TOKEN, "token_url": "http://[bad"},
            "'token_url' of SASL must be an http or https URL",
        ),
        (KafkaOptions, {"replication_factor": 0}, "'replication_factor' of the Kafka transport"),
        (KafkaOptions, {"transaction_timeout": 0.0}, "must be above 0 seconds, got 0.0"),
        (KafkaOptions, {"retry_for": -1.0}, "must be at least 0 seconds, got -1.0"),
    ],
)
def test_what_does_not_fit_is_refused_without_its_secrets(
    kind: type[Any], given: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(InvalidParameter) as caught:
        kind(**given)
    assert sentence in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_secrets_are_no_part_of_the_text() -> None:
    options = KafkaOptions(
        tls=TlsOptions(cert_file="c", key_file="k", key_password="hunter2"),
        sasl=SaslOptions(mechanism="OAUTHBEARER", **TOKEN),
    )
    password = SaslOptions(mechanism="PLAIN", username="me", password="hunter2")
    assert "hunter2" not in repr(options) + repr(password)
