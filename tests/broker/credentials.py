"""Certificates and passwords of test listeners."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import trustme
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from tests.broker.listeners import Listener, Protocol
from tests.broker.ports import HOST

MODULES = "org.apache.kafka.common.security"


class ClientFiles(NamedTuple):
    """What a client names itself by."""

    cert_file: str
    key_file: str


class Authority:
    """A certificate authority of its own, with its files in `folder`."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._ca = trustme.CA()
        self.ca_file = str(folder / "ca.pem")
        self._ca.cert_pem.write_to_path(self.ca_file)

    def broker_store(self, identity: str = HOST) -> Path:
        """Key and certificate for a broker at `identity`, as Kafka's PEM store has them: PKCS 8 only."""
        issued = self._ca.issue_cert(identity)
        chain = b"".join(blob.bytes() for blob in issued.cert_chain_pems)
        return self._written(f"broker-{identity}", _pkcs8(issued) + chain)

    def client(self, name: str, password: str | None = None) -> ClientFiles:
        """A client's certificate, and its key, encrypted if there is a `password`."""
        issued = self._ca.issue_cert(f"{name}@example.org", common_name=name)
        chain = b"".join(blob.bytes() for blob in issued.cert_chain_pems)
        return ClientFiles(
            str(self._written(f"{name}-cert", chain)),
            str(self._written(f"{name}-key", _pkcs8(issued, password))),
        )

    def properties(self, *, clients: bool = False, identity: str = HOST) -> dict[str, str]:
        """A listener's lines about TLS; with `clients`, these must have a certificate as well."""
        return {
            "ssl.keystore.type": "PEM",
            "ssl.keystore.location": str(self.broker_store(identity)),
            "ssl.truststore.type": "PEM",
            "ssl.truststore.location": self.ca_file,
            "ssl.client.auth": "required" if clients else "none",
        }

    def _written(self, name: str, content: bytes) -> Path:
        path = self._folder / f"{name}.pem"
        path.write_bytes(content)
        return path


def sasl_listener(
    mechanism: str,
    *,
    users: Mapping[str, str] | None = None,
    tls: Mapping[str, str] | None = None,
) -> Listener:
    """A listener with SASL.

    users: name -> password, for PLAIN; those of SCRAM are made by the broker's admin.
    tls: lines about TLS; None is SASL in the clear.
    """
    name = mechanism.lower()
    protocol: Protocol = "SASL_PLAINTEXT" if tls is None else "SASL_SSL"
    properties = {
        "sasl.enabled.mechanisms": mechanism,
        f"{name}.sasl.jaas.config": _login(mechanism, users or {}),
        **(tls or {}),
    }
    return Listener(protocol, properties)


def _login(mechanism: str, users: Mapping[str, str]) -> str:
    if mechanism == "PLAIN":
        known = " ".join(f'user_{name}="{password}"' for name, password in users.items())
        return f"{MODULES}.plain.PlainLoginModule required {known};"
    if mechanism == "OAUTHBEARER":
        # Kafka's own choice where no validator is named: tokens without a signature.
        return f"{MODULES}.oauthbearer.OAuthBearerLoginModule required;"
    return f"{MODULES}.scram.ScramLoginModule required;"


def _pkcs8(issued: trustme.LeafCert, password: str | None = None) -> bytes:
    key = load_pem_private_key(issued.private_key_pem.bytes(), None)
    hidden = BestAvailableEncryption(password.encode()) if password else NoEncryption()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, hidden)
