"""The SQLite transport keeps the contract."""

from __future__ import annotations

from tests.stream.transports.contract import TransportContract


class TestSqlite(TransportContract):
    """See contract.py; the fixtures are in conftest.py."""
