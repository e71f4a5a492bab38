"""The URL of a Kafka cluster."""

from __future__ import annotations

import re

from models.errors import InvalidParameter

DEFAULT_PORT = 9092
RULE = "kafka://host[:port][,host[:port]...] with ports from 1 to 65535, and no user or path"
_SCHEME = "kafka://"
_SERVER = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::([0-9]{1,5}))?")
_USER = re.compile(r"://[^/]*@")


def bootstrap_servers(url: str) -> list[str]:
    """The `host:port` of every broker that `url` names; a host without a port takes 9092.

    Raises InvalidParameter, which shows no password of the URL.
    """
    named = url.removeprefix(_SCHEME).removesuffix("/")
    matches = [_SERVER.fullmatch(server) for server in named.split(",")]
    servers = [_server(match) for match in matches if match is not None]
    if not url.startswith(_SCHEME) or None in servers or len(servers) < len(matches):
        raise InvalidParameter("url", "the transport", RULE, _USER.sub("://***@", url))
    return [server for server in servers if server is not None]


def _server(match: re.Match[str]) -> str | None:
    host, port = match[1], int(match[2] or DEFAULT_PORT)
    return f"{host}:{port}" if 1 <= port <= 65535 else None
