from __future__ import annotations

import asyncio
import threading

import pytest

from stream.access.tokens import AsyncTokens
from stream.transports.kafka.options import SaslOptions
from stream.transports.kafka.tokens import TokenProvider


def test_tokens_are_fetched_beside_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    threads = []

    def token(_self: TokenProvider) -> str:
        threads.append(threading.current_thread())
        return "t1"

    monkeypatch.setattr(TokenProvider, "token", token)
    sasl = SaslOptions(
        mechanism="OAUTHBEARER", token_url="http://x/token", client_id="c", client_secret="s"
    )
    assert asyncio.run(AsyncTokens(sasl).token()) == "t1"
    assert threads != [threading.main_thread()]
