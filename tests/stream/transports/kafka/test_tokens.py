"""Tokens from a provider that answers as it is told."""

from __future__ import annotations

import base64
import json
import ssl
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qs

import pytest
import trustme
from kafka.errors import KafkaConnectionError, SaslAuthenticationFailedError

from stream.transports.kafka.options import SaslOptions
from stream.transports.kafka.tokens import TokenProvider


class Provider:
    """An OpenID Connect provider: what it was asked, and what it answers."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.requests: list[tuple[str, dict[str, list[str]]]] = []
        self.status = 200
        self.headers: dict[str, str] = {}
        self.body = b""
        self.grant("one")
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                form = self.rfile.read(int(self.headers["Content-Length"])).decode()
                provider.requests.append((self.headers["Authorization"], parse_qs(form)))
                self.send_response(provider.status)
                for name, value in provider.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(provider.body)

            def do_GET(self) -> None:
                provider.requests.append(("", {}))
                self.send_error(405)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if context is not None:
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.thread = Thread(target=self.server.serve_forever, args=(0.01,))
        self.thread.start()

    def grant(self, token: str, life: object = 100) -> None:
        self.status = 200
        answer = {"access_token": token, "token_type": "Bearer", "expires_in": life}
        self.body = json.dumps(answer).encode()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def provider() -> Iterator[Provider]:
    made = Provider()
    yield made
    made.close()


def options(provider: Provider, scheme: str = "http", **more: str) -> SaslOptions:
    return SaslOptions(
        mechanism="OAUTHBEARER",
        token_url=f"{scheme}://localhost:{provider.server.server_port}/token",
        client_id="me:1",
        client_secret="s+e/c",
        **more,  # type: ignore[arg-type]  # further texts
    )


def test_the_grant_is_asked_for_as_the_standard_says(provider: Provider) -> None:
    assert TokenProvider(options(provider, scope="a b")).token() == "one"
    [(authorization, form)] = provider.requests
    identity = base64.b64decode(authorization.removeprefix("Basic ")).decode()
    assert identity == "me%3A1:s%2Be%2Fc"
    assert form == {"grant_type": ["client_credentials"], "scope": ["a b"]}


def test_no_scope_is_asked_for_unless_set(provider: Provider) -> None:
    TokenProvider(options(provider)).token()
    assert "scope" not in provider.requests[0][1]


def test_a_token_serves_until_shortly_before_it_expires(provider: Provider) -> None:
    clock = Clock()
    tokens = TokenProvider(options(provider), clock)
    assert tokens.token() == "one"
    provider.grant("two")
    clock.now += 79.0
    assert tokens.token() == "one"
    clock.now += 1.5
    assert tokens.token() == "two"
    assert len(provider.requests) == 2


def test_librdkafka_learns_when_a_token_ends(provider: Provider) -> None:
    clock = Clock()
    tokens = TokenProvider(options(provider), clock)
    assert tokens.token_and_end()[0] == "one"
    clock.now += 30.0
    token, end = tokens.token_and_end("")
    assert token == "one"
    assert end == pytest.approx(time.time() + 70.0, abs=5.0)
    provider.grant("two", None)
    clock.now += 60.0
    token, end = tokens.token_and_end("")
    assert token == "two"
    assert end > time.time()


@pytest.mark.parametrize("life", [None, "soon", 0])
def test_a_token_of_unknown_life_serves_once(provider: Provider, life: object) -> None:
    tokens = TokenProvider(options(provider))
    provider.grant("one", life)
    tokens.token()
    provider.grant("two", life)
    assert tokens.token() == "two"


def test_while_the_provider_is_away_a_token_serves_to_its_end(provider: Provider) -> None:
    clock = Clock()
    tokens = TokenProvider(options(provider), clock)
    tokens.token()
    provider.status = 503
    clock.now += 99.0
    assert tokens.token() == "one"
    clock.now += 2.0
    with pytest.raises(KafkaConnectionError, match="got HTTP status 503"):
        tokens.token()


@pytest.mark.parametrize("status", [400, 401, 403])
def test_a_refusal_is_an_authentication_failure(provider: Provider, status: int) -> None:
    provider.status, provider.body = status, b'{"error": "invalid_client"}'
    with pytest.raises(SaslAuthenticationFailedError, match="invalid_client") as caught:
        TokenProvider(options(provider)).token()
    assert "s+e/c" not in str(caught.value)


def test_the_secret_follows_no_redirection(provider: Provider) -> None:
    provider.status = 302
    provider.headers["Location"] = f"http://localhost:{provider.server.server_port}/elsewhere"
    with pytest.raises(SaslAuthenticationFailedError, match="302"):
        TokenProvider(options(provider)).token()
    assert len(provider.requests) == 1


@pytest.mark.parametrize("body", [b"{}", b"[]", b'{"access_token": 5}'])
def test_an_answer_without_a_token_is_told(provider: Provider, body: bytes) -> None:
    provider.body = body
    with pytest.raises(SaslAuthenticationFailedError, match="must hold an access_token"):
        TokenProvider(options(provider)).token()


def test_an_answer_that_is_no_json_is_told(provider: Provider) -> None:
    provider.body = b"<html>"
    with pytest.raises(KafkaConnectionError, match="must answer in JSON"):
        TokenProvider(options(provider)).token()


def test_a_provider_that_is_away_is_told(provider: Provider) -> None:
    tokens = TokenProvider(options(provider))
    provider.server.socket.close()
    with pytest.raises(KafkaConnectionError, match="must answer, got"):
        tokens.token()


def test_a_provider_behind_an_authority_of_its_own(tmp_path: Path) -> None:
    ca = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("localhost").configure_cert(context)
    (tmp_path / "ca").write_bytes(ca.cert_pem.bytes())
    provider = Provider(context)
    try:
        trusting = options(provider, "https", token_ca_file=str(tmp_path / "ca"))
        assert TokenProvider(trusting).token() == "one"
        with pytest.raises(KafkaConnectionError, match="certificate"):
            TokenProvider(options(provider, "https")).token()
    finally:
        provider.close()
