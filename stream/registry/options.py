"""What a connection to a schema registry may be told."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryOptions:
    """The parameters of a schema registry.

    url: http or https; several addresses of one registry are separated by commas.
    username, password: for basic authentication; both or neither.
    ca_file: PEM file of the authorities that the registry's certificate must come from; None takes
        those of the system.
    timeout: seconds that one request may take, > 0.
    auto_register: whether schemas of outputs are registered at start, or must be there already.
    """

    url: str
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    ca_file: str | None = None
    timeout: float = 10.0
    auto_register: bool = True
