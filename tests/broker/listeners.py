"""Where a broker listens, and how it knows who calls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from tests.broker.ports import HOST, free_port

Protocol = Literal["SSL", "SASL_SSL", "SASL_PLAINTEXT"]


@dataclass(frozen=True)
class Listener:
    """One listener beside that in the clear.

    properties: lines of server.properties that belong to it, without their prefix `listener.name.*`.
    """

    protocol: Protocol
    properties: Mapping[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)

    @property
    def address(self) -> str:
        """host:port."""
        return f"{HOST}:{self.port}"


def listener_properties(port: int, controller: int, extra: Sequence[Listener]) -> dict[str, str]:
    """The lines of server.properties about listeners."""
    named = {f"EXTRA{number}": listener for number, listener in enumerate(extra)}
    addresses = {"PLAINTEXT": port} | {name: listener.port for name, listener in named.items()}
    open_to_clients = ",".join(f"{name}://{HOST}:{at}" for name, at in addresses.items())
    protocols = {"PLAINTEXT": "PLAINTEXT", "CONTROLLER": "PLAINTEXT"} | {
        name: listener.protocol for name, listener in named.items()
    }
    lines = {
        "listeners": f"{open_to_clients},CONTROLLER://{HOST}:{controller}",
        "advertised.listeners": open_to_clients,
        "controller.listener.names": "CONTROLLER",
        "inter.broker.listener.name": "PLAINTEXT",
        "listener.security.protocol.map": ",".join(f"{n}:{p}" for n, p in protocols.items()),
    }
    for name, listener in named.items():
        for key, value in listener.properties.items():
            lines[f"listener.name.{name.lower()}.{key}"] = value
    return lines
