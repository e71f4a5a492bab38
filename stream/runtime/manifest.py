"""Which pieces a checkpoint of a shared state is made of, so that no other is taken for one of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from models.errors import CorruptState, IncompatibleState

FORMAT = 1


class Version(NamedTuple):
    """One piece as it was once written."""

    valid_at: int
    """The offset of the checkpoint that wrote it."""
    checksum: int
    """The checksum of its snapshot: see stream.runtime.snapshots."""


class _Content(msgspec.Struct, array_like=True):
    format: int
    pieces: list[tuple[bytes, int, int]]


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Content).decode


def encode_manifest(pieces: Mapping[bytes, Version]) -> bytes:
    """The manifest of a checkpoint: the name and version of every one of its pieces."""
    listed = [(name, *pieces[name]) for name in sorted(pieces)]
    return _encode(_Content(FORMAT, listed))


def decode_manifest(encoded: bytes) -> dict[bytes, Version]:
    """Read a manifest back. Raises CorruptState, IncompatibleState."""
    try:
        content = _decode(encoded)
    except msgspec.MsgspecError as error:
        raise CorruptState(f"A manifest must list names, offsets and checksums: {error}") from error
    if content.format != FORMAT:
        raise IncompatibleState(
            f"A manifest must be of format {FORMAT}, got {content.format}. Run the release that "
            "wrote it, or a newer one."
        )
    return {name: Version(*version) for name, *version in content.pieces}
