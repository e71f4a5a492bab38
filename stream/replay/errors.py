"""What replaying a file can run into."""

from __future__ import annotations

from models.errors import CutstreamError


class ReplayError(CutstreamError):
    """The file cannot be replayed: it is missing, of an unknown kind, or broken."""
