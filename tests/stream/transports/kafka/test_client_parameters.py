"""Options as both libraries understand them; the libraries themselves check the names."""

from __future__ import annotations

from pathlib import Path

import pytest
import trustme
from confluent_kafka import Producer
from kafka import KafkaProducer

from models.errors import InvalidParameter
from stream.transports.kafka.certificates import checked_context, trusting
from stream.transports.kafka.options import KafkaOptions, SaslOptions, TlsOptions
from stream.transports.kafka.security import kafka_python_security, librdkafka_security
from stream.transports.kafka.tokens import TokenProvider


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Paths: ca, cert, key, both (key and certificates in one file)."""
    directory = tmp_path_factory.mktemp("tls")
    ca = trustme.CA()
    certificate = ca.issue_cert("localhost")
    contents = {
        "ca": ca.cert_pem.bytes(),
        "cert": certificate.cert_chain_pems[0].bytes(),
        "key": certificate.private_key_pem.bytes(),
        "both": certificate.private_key_and_cert_chain_pem.bytes(),
    }
    for name, content in contents.items():
        (directory / name).write_bytes(content)
    return {name: str(directory / name) for name in contents}


SCRAM = SaslOptions(mechanism="SCRAM-SHA-512", username="me", password="secret")
OAUTH = SaslOptions(
    mechanism="OAUTHBEARER",
    token_url="https://id.example/token",
    client_id="me",
    client_secret="secret",
    scope="kafka",
)


@pytest.mark.parametrize(
    ("tls", "sasl", "protocol"),
    [
        (None, None, "PLAINTEXT"),
        (TlsOptions(), None, "SSL"),
        (None, SCRAM, "SASL_PLAINTEXT"),
        (TlsOptions(), SCRAM, "SASL_SSL"),
    ],
)
def test_the_protocol_follows(
    tls: TlsOptions | None, sasl: SaslOptions | None, protocol: str
) -> None:
    options = KafkaOptions(tls=tls, sasl=sasl)
    assert kafka_python_security(options)["security_protocol"] == protocol
    assert librdkafka_security(options)["security.protocol"] == protocol


def test_certificates_of_the_client(files: dict[str, str]) -> None:
    tls = TlsOptions(
        ca_file=files["ca"], cert_file=files["cert"], key_file=files["key"], key_password="p"
    )
    assert kafka_python_security(KafkaOptions(tls=tls)) == {
        "security_protocol": "SSL",
        "ssl_cafile": files["ca"],
        "ssl_certfile": files["cert"],
        "ssl_keyfile": files["key"],
        "ssl_password": "p",
        "ssl_check_hostname": True,
    }
    assert librdkafka_security(KafkaOptions(tls=tls)) == {
        "security.protocol": "SSL",
        "ssl.ca.location": files["ca"],
        "ssl.certificate.location": files["cert"],
        "ssl.key.location": files["key"],
        "ssl.key.password": "p",
        "ssl.endpoint.identification.algorithm": "https",
    }


def test_any_host_name_can_be_accepted() -> None:
    options = KafkaOptions(tls=TlsOptions(check_hostname=False))
    assert kafka_python_security(options)["ssl_check_hostname"] is False
    assert librdkafka_security(options)["ssl.endpoint.identification.algorithm"] == "none"


def test_a_password() -> None:
    options = KafkaOptions(sasl=SCRAM)
    assert kafka_python_security(options) == {
        "security_protocol": "SASL_PLAINTEXT",
        "sasl_mechanism": "SCRAM-SHA-512",
        "sasl_plain_username": "me",
        "sasl_plain_password": "secret",
    }
    assert librdkafka_security(options) == {
        "security.protocol": "SASL_PLAINTEXT",
        "sasl.mechanism": "SCRAM-SHA-512",
        "sasl.username": "me",
        "sasl.password": "secret",
    }


def test_tokens() -> None:
    options = KafkaOptions(sasl=OAUTH)
    provider = kafka_python_security(options)["sasl_oauth_token_provider"]
    assert isinstance(provider, TokenProvider)
    given = librdkafka_security(options)
    assert (given["sasl.mechanism"], given["security.protocol"]) == (
        "OAUTHBEARER",
        "SASL_PLAINTEXT",
    )
    assert isinstance(given["oauth_cb"].__self__, TokenProvider)


@pytest.mark.parametrize("sasl", [None, SCRAM])
def test_the_libraries_take_them(files: dict[str, str], sasl: SaslOptions | None) -> None:
    tls = TlsOptions(ca_file=files["ca"], cert_file=files["both"], key_file=files["both"])
    options = KafkaOptions(tls=tls, sasl=sasl)
    nobody = "127.0.0.1:1"
    Producer({"bootstrap.servers": nobody, "log_level": 0, **librdkafka_security(options)})
    given = kafka_python_security(options)
    assert given.keys() <= KafkaProducer.DEFAULT_CONFIG.keys()


@pytest.mark.parametrize("build", [kafka_python_security, librdkafka_security])
@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("ca_file", {"ca_file": "absent"}),
        ("ca_file", {"ca_file": "key"}),
        ("cert_file", {"cert_file": "absent", "key_file": "key"}),
        ("key_file", {"cert_file": "cert", "key_file": "absent"}),
        ("key_file", {"cert_file": "cert", "key_file": "ca"}),
    ],
)
def test_a_file_of_no_use_is_named(
    files: dict[str, str], build: object, field: str, given: dict[str, str]
) -> None:
    tls = TlsOptions(**{name: files.get(file, file) for name, file in given.items()})  # type: ignore[arg-type]  # files alone
    with pytest.raises(InvalidParameter) as caught:
        build(KafkaOptions(tls=tls))  # type: ignore[operator]  # both are functions
    assert (caught.value.field, caught.value.owner) == (field, "TLS")


def test_an_encrypted_key_needs_its_password(files: dict[str, str], tmp_path: Path) -> None:
    from cryptography.hazmat.primitives import serialization

    key = serialization.load_pem_private_key(Path(files["key"]).read_bytes(), None)
    encrypted = tmp_path / "key"
    encrypted.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"secret"),
        )
    )
    checked_context(
        TlsOptions(cert_file=files["cert"], key_file=str(encrypted), key_password="secret")
    )
    for password in (None, "wrong"):
        with pytest.raises(InvalidParameter, match="which key_password opens"):
            checked_context(
                TlsOptions(cert_file=files["cert"], key_file=str(encrypted), key_password=password)
            )


def test_brokers_are_always_verified() -> None:
    import ssl

    for context in (checked_context(TlsOptions(check_hostname=False)), trusting("f", "o", None)):
        assert context.verify_mode == ssl.CERT_REQUIRED
        assert context.minimum_version >= ssl.TLSVersion.TLSv1_2
