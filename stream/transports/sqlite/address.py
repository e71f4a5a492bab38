"""The URL of a SQLite log: `sqlite:///path?synchronous=normal&timeout=5`."""

from __future__ import annotations

import math
from typing import NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

from models.errors import InvalidParameter

OWNER = "the SQLite transport"
SYNCHRONOUS = ("normal", "full")


class Address(NamedTuple):
    """Where the log is, and how it is to be opened."""

    path: str
    synchronous: str = "normal"
    """`normal` survives a killed process; `full` survives a power cut too, for a few per cent of
    the speed."""
    timeout: float = 5.0
    """Seconds that one operation may wait for a locked or full database before it gives up."""


def parse(url: str) -> Address:
    """Read a URL. Raises InvalidParameter."""
    parts = urlsplit(url)
    path = unquote(parts.path)[1:]
    # A database in memory belongs to one connection, and every session has its own.
    no_file = path in ("", ":memory:")
    if parts.scheme != "sqlite" or parts.netloc or parts.fragment or no_file:
        rule = "sqlite:///relative.db or sqlite:////absolute/path.db"
        raise InvalidParameter("url", OWNER, rule, url)
    address = Address(path)
    for name, text in parse_qsl(parts.query, keep_blank_values=True):
        address = _with_option(address, name, text)
    return address


def _with_option(address: Address, name: str, text: str) -> Address:
    if name == "synchronous":
        if text not in SYNCHRONOUS:
            raise InvalidParameter("synchronous", OWNER, "'normal' or 'full'", text)
        return address._replace(synchronous=text)
    if name == "timeout":
        return address._replace(timeout=_seconds(text))
    raise InvalidParameter("query", OWNER, "made of 'synchronous' and 'timeout'", name)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0.0 <= seconds <= 3600.0:
        raise InvalidParameter("timeout", OWNER, "from 0 to 3600 seconds", text)
    return seconds
