"""Committed metadata as the brokers give it back."""

from __future__ import annotations

_TERMINATOR = "\0"


def metadata_of(text: str | None) -> str:
    """The text that was committed."""
    return (text or "").removesuffix(_TERMINATOR)


def terminated(text: str) -> str:
    """What to commit for a text: with the zero behind a C string, as confluent-kafka sends it.

    Without it confluent-kafka (2.16) reads on behind the text, for librdkafka copies its bytes alone.
    """
    return text + _TERMINATOR
