"""What a detector's state says of itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def describe(state: bytes) -> Mapping[str, Any]:
    """A summary that JSON can hold. Raises models.errors.StateError."""
    # Imported at the first use: it brings Numba, and reading scores needs none.
    from models import detector

    return detector.describe(state)
