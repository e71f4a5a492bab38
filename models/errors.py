"""The project's errors.

CutstreamError
├── InvalidParameter      a parameter or value breaks its rule (also a ValueError)
├── StateError            a saved state cannot be used
│   ├── CorruptState      its checksum or structure is wrong
│   └── IncompatibleState it is sound, but of another format version or configuration
└── stream.errors.*       brokers, configuration, records
"""

from __future__ import annotations


class CutstreamError(Exception):
    """Root of every error that this project raises on purpose."""


class InvalidParameter(CutstreamError, ValueError):
    """A parameter breaks its rule; the message names field, owner, rule and value."""

    def __init__(self, field: str, owner: str, rule: str, got: object) -> None:
        super().__init__(f"The {field!r} of {owner} must be {rule}, got {got!r}.")
        self.field = field
        self.owner = owner
        self.rule = rule
        self.got = got


class StateError(CutstreamError):
    """A saved state cannot be used."""


class CorruptState(StateError):
    """The checksum or the structure of a saved state is wrong."""


class IncompatibleState(StateError):
    """A saved state is sound, but was written by another format version or configuration."""
