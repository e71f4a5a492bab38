"""Committed metadata as the brokers give it back."""

from __future__ import annotations

_TERMINATOR = "\0"


def metadata_of(text: str | None) -> str:
    """The text that was committed; confluent-kafka sends the zero behind a C string along."""
    return (text or "").removesuffix(_TERMINATOR)
