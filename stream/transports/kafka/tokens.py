"""Access tokens by the client-credentials grant of OAuth 2.0 (RFC 6749, section 4.4)."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from threading import Lock
from time import monotonic, time
from typing import Any, NamedTuple
from urllib.error import HTTPError, URLError
from urllib.parse import quote_plus, urlencode
from urllib.request import HTTPRedirectHandler, HTTPSHandler, OpenerDirector, Request, build_opener

from kafka.errors import KafkaConnectionError, SaslAuthenticationFailedError
from kafka.net.sasl.oauth import AbstractTokenProvider

from stream.transports.kafka.certificates import trusting
from stream.transports.kafka.options import SaslOptions

_TIMEOUT_SECONDS = 10.0
_LONGEST_ANSWER = 1_048_576
_UNKNOWN_LIFE_SECONDS = 60.0
_USED_SHARE = 0.8
"""Share of a token's life after which the next is fetched, as in Kafka's own clients."""


class _Token(NamedTuple):
    text: str
    refresh_at: float
    expires_at: float


class _NoRedirect(HTTPRedirectHandler):
    """Follows nowhere, since the client's secret is for the configured address alone."""

    def redirect_request(self, *_: Any) -> None:  # noqa: ANN401 - the base class's signature
        return None


class TokenProvider(AbstractTokenProvider):  # type: ignore[misc]  # kafka-python has no types
    """Gives the client libraries a valid token, and fetches the next shortly before the last expires.

    Safe from any thread. While the provider is away, a token serves until it expires.
    """

    def __init__(self, sasl: SaslOptions, clock: Callable[[], float] = monotonic) -> None:
        super().__init__()
        self._url = sasl.token_url or ""
        self._request = _request(sasl)
        self._opener: OpenerDirector = build_opener(
            _NoRedirect(),
            HTTPSHandler(context=trusting("token_ca_file", "SASL", sasl.token_ca_file)),
        )
        self._clock = clock
        self._lock = Lock()
        self._token = _Token("", float("-inf"), float("-inf"))

    def token(self) -> str:
        """An access token.

        Raises SaslAuthenticationFailedError when the provider refuses the client, and
        KafkaConnectionError, which clients repeat, when it cannot be asked.
        """
        return self._current().text

    def token_and_end(self, _: str = "") -> tuple[str, float]:
        """As `token`, with the end of its life in seconds since the epoch, as librdkafka asks."""
        current = self._current()
        left = current.expires_at - self._clock()
        return current.text, time() + (left if left > 0.0 else _UNKNOWN_LIFE_SECONDS)

    def _current(self) -> _Token:
        with self._lock:
            now = self._clock()
            if now >= self._token.refresh_at:
                try:
                    self._token = self._fetched(now)
                except KafkaConnectionError:
                    if now >= self._token.expires_at:
                        raise
            return self._token

    def _fetched(self, now: float) -> _Token:
        answer = self._answer()
        text = answer.get("access_token")
        if not isinstance(text, str) or not text:
            raise SaslAuthenticationFailedError(
                f"The answer of {self._url} must hold an access_token, got {sorted(answer)}."
            )
        life = answer.get("expires_in")
        # Without a known end, a token serves for the connection that it was fetched for.
        seconds = float(life) if isinstance(life, int | float) and life > 0 else 0.0
        return _Token(text, now + seconds * _USED_SHARE, now + seconds)

    def _answer(self) -> dict[str, Any]:
        try:
            with self._opener.open(self._request, timeout=_TIMEOUT_SECONDS) as response:
                answer = json.loads(response.read(_LONGEST_ANSWER))
        except HTTPError as error:
            with error:
                said = error.read(200).decode("utf-8", "replace")
            sentence = f"{self._url} must grant a token, got HTTP status {error.code}: {said}"
            if error.code == 429 or error.code >= 500:
                raise KafkaConnectionError(sentence) from error
            raise SaslAuthenticationFailedError(sentence) from error
        except (URLError, OSError) as error:
            raise KafkaConnectionError(f"{self._url} must answer, got {error}.") from error
        except ValueError as error:
            raise KafkaConnectionError(f"{self._url} must answer in JSON, got {error}.") from error
        return answer if isinstance(answer, dict) else {}


def _request(sasl: SaslOptions) -> Request:
    form = {"grant_type": "client_credentials"} | ({"scope": sasl.scope} if sasl.scope else {})
    # RFC 6749, section 2.3.1: both halves are form-encoded before they are joined.
    identity = f"{quote_plus(sasl.client_id or '')}:{quote_plus(sasl.client_secret or '')}"
    headers = {
        "Accept": "application/json",
        "Authorization": "Basic " + base64.b64encode(identity.encode()).decode(),
        "Content-Type": "application/x-www-form-urlencoded",
    }
    return Request(sasl.token_url or "", urlencode(form).encode(), headers)  # noqa: S310 - options allow http and https only
