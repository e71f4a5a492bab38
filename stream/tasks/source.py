"""How the records of a configured input are read."""

from __future__ import annotations

from stream.codec import InputDecoder, InputFormat
from stream.settings.topics import InputSettings


def input_decoder(source: InputSettings) -> InputDecoder:
    """The decoder of an input's records."""
    return InputDecoder(
        InputFormat(
            features=source.features,
            key=source.key,
            timestamp=source.timestamp,
            missing=source.missing,
        )
    )
