"""A broker with one listener for each way to show who calls."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from time import time

from confluent_kafka.admin import (
    AdminClient,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialUpsertion,
)

from stream.transports.kafka.options import Mechanism, SaslOptions, TlsOptions
from tests.broker.broker import Broker
from tests.broker.credentials import Authority, sasl_listener
from tests.broker.listeners import Listener
from tests.stream.transports.kafka.test_tokens import Provider

USER, PASSWORD = "alice", 'open "sesame", it\'s £3'
"""Not only letters, since libraries and settings files differ on those."""
PLAIN_PASSWORD = "open sesame"


class SecuredBroker:
    """The broker, and options that every listener takes."""

    def __init__(self, folder: Path) -> None:
        self.authority = Authority(folder / "ours")
        self.stranger = Authority(folder / "strange")
        encrypted = self.authority.properties()
        self.scram = sasl_listener("SCRAM-SHA-512", tls=encrypted)
        self.scram_256 = sasl_listener("SCRAM-SHA-256")
        self.plain = sasl_listener("PLAIN", users={USER: PLAIN_PASSWORD}, tls=encrypted)
        self.token = sasl_listener("OAUTHBEARER")
        self.mutual = Listener("SSL", self.authority.properties(clients=True))
        self.elsewhere = Listener(
            "SSL", Authority.properties(self.authority, identity="broker.example.org")
        )
        self.broker = Broker(
            folder / "kafka",
            listeners=[
                self.scram,
                self.scram_256,
                self.plain,
                self.token,
                self.mutual,
                self.elsewhere,
            ],
        )
        self.provider = Provider()
        self.provider.grant(unsigned_token(), 600)
        # librdkafka looks at nothing else.
        self.provider.headers["Content-Type"] = "application/json"

    @property
    def tls(self) -> TlsOptions:
        """Trust in the broker's authority."""
        return TlsOptions(ca_file=self.authority.ca_file)

    def client_tls(self, authority: Authority, password: str | None = None) -> TlsOptions:
        """The same, with a certificate of the client's own."""
        own = authority.client("worker", password)
        return TlsOptions(
            ca_file=self.authority.ca_file,
            cert_file=own.cert_file,
            key_file=own.key_file,
            key_password=password,
        )

    def by_token(self) -> SaslOptions:
        """Tokens of the provider."""
        url = f"http://127.0.0.1:{self.provider.server.server_address[1]}/token"
        return SaslOptions(
            mechanism="OAUTHBEARER", token_url=url, client_id="worker", client_secret="s"
        )

    def start(self) -> None:
        """Start it, and make the user."""
        self.broker.start()
        admin = AdminClient({"bootstrap.servers": self.broker.address})
        for mechanism in (ScramMechanism.SCRAM_SHA_256, ScramMechanism.SCRAM_SHA_512):
            made = UserScramCredentialUpsertion(
                USER, ScramCredentialInfo(mechanism, 4096), PASSWORD.encode()
            )
            for done in admin.alter_user_scram_credentials([made]).values():
                done.result(10.0)

    def stop(self) -> None:
        """Stop it, and the provider of tokens."""
        self.broker.stop()
        self.provider.close()


def by_password(mechanism: Mechanism, password: str) -> SaslOptions:
    """The user, with this password."""
    return SaslOptions(mechanism=mechanism, username=USER, password=password)


def unsigned_token() -> str:
    """A token that a broker without keys takes (RFC 7515, appendix A.5)."""
    now = int(time())
    claims = {"sub": "worker", "iat": now, "exp": now + 3600}
    return f"{_part({'alg': 'none'})}.{_part(claims)}."


def _part(content: dict[str, object]) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()
