"""Two clients that create one file at the same moment."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from stream.transports.sqlite import SqliteTransport


def test_a_file_created_while_it_is_looked_at_is_accepted(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(sqlite3.connect(path)) as empty:
        empty.execute("PRAGMA journal_mode = WAL")
    url = f"sqlite:///{path}"
    connect = sqlite3.connect
    created: list[str] = []

    class Looking(sqlite3.Connection):
        """Lets somebody else create the tables right after it saw that there is no version."""

        def execute(self, sql: str, *parameters: Any) -> Any:
            rows = super().execute(sql, *parameters).fetchall()
            if sql == "PRAGMA user_version" and not created:
                created.append(sql)
                monkeypatch.setattr(sqlite3, "connect", connect)
                SqliteTransport(url).close()
            return _Fetched(rows)

    monkeypatch.setattr(sqlite3, "connect", partial(connect, factory=Looking))
    transport = SqliteTransport(url)
    assert created
    assert transport.topics() == {}
    transport.close()


class _Fetched:
    """Rows that were fetched already, so that no statement stays open meanwhile."""

    def __init__(self, rows: list[tuple[object, ...]]) -> None:
        self._rows = rows

    def fetchone(self) -> tuple[object, ...] | None:
        return self._rows[0] if self._rows else None

    def fetchall(self) -> list[tuple[object, ...]]:
        return self._rows
