from __future__ import annotations

import asyncio

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from stream.access.bearer import OPEN_PATHS, bearer_token


async def _statuses(path: str, headers: list[str]) -> list[int]:
    async def page(_request: web.Request) -> web.Response:
        return web.Response()

    app = web.Application(middlewares=[bearer_token("hush")])
    app.router.add_get(path, page)
    async with TestClient(TestServer(app)) as client:
        answers = [
            await client.get(path, headers={"Authorization": header} if header else {})
            for header in headers
        ]
        return [answer.status for answer in answers]


def statuses(path: str, *headers: str) -> list[int]:
    return asyncio.run(_statuses(path, list(headers)))


def test_only_the_token_opens_a_page() -> None:
    assert statuses("/alerts/", "Bearer hush", "bearer  hush") == [200, 200]
    wrong = ("", "Bearer", "Bearer hus", "Bearer hushh", "Basic hush", "Bearer h\u00fcsh")
    assert statuses("/alerts/", *wrong) == [401] * len(wrong)


@pytest.mark.parametrize("path", sorted(OPEN_PATHS))
def test_probes_need_none(path: str) -> None:
    assert statuses(path, "") == [200]
