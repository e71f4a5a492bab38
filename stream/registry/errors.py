"""What a schema registry can do to those who need it."""

from __future__ import annotations

from models.errors import CutstreamError
from stream.errors import TransportUnavailable


class RegistryUnavailable(TransportUnavailable):
    """The registry is away, or gives no sound answer. To ask again later is right: no record is at fault."""


class RegistryRefused(CutstreamError):
    """The registry does not take a schema of ours, or does not know it and may not be told it."""


class MissingExtra(CutstreamError):
    """A library is not installed that a format needs."""
