"""Ports for servers that are stopped and started again."""

from __future__ import annotations

import random
import socket

HOST = "127.0.0.1"
# Below the range from which the system gives ports to outgoing connections: else a client that
# keeps calling a stopped broker may be given that very port, and the broker could not come back.
RANGE = range(20_000, 32_000)

_given: set[int] = set()


def free_port() -> int:
    """A port of this machine that nobody listens on, never given before by this process."""
    chance = random.SystemRandom()
    while True:
        port = chance.choice(RANGE)
        if port not in _given and is_free(port):
            _given.add(port)
            return port


def is_free(port: int) -> bool:
    """Whether a server could listen on `port`."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True
