"""The frame around saved state: what it is, and a checksum.

Layout, all little-endian: magic (4 bytes), format version (u16), header length (u32), header (JSON, with a kind), the
body, and a checksum of everything before it: the first 8 bytes of its BLAKE2b. In version 1 that was a CRC-32, and
those are still read. A CRC-32 is blind for what ends in one of its own: it is the same for all such of a length.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any, NamedTuple

from models.errors import CorruptState, IncompatibleState

VERSION = 2
_PREFIX = struct.Struct("<4sHI")
_CRC = 4
_DIGEST = 8


class Frame(NamedTuple):
    """What was framed."""

    header: dict[str, Any]
    body: bytes


def framed(magic: bytes, header: Mapping[str, Any], body: bytes) -> bytes:
    """A header of JSON values, "kind" among them, and a body as bytes; the same give the same bytes."""
    text = json.dumps(dict(header), separators=(",", ":"), sort_keys=True).encode()
    content = _PREFIX.pack(magic, VERSION, len(text)) + text + body
    return content + blake2b(content, digest_size=_DIGEST).digest()


def unframed(magic: bytes, data: bytes, kind: str) -> Frame:
    """The header and the body.

    Raises CorruptState where the bytes are damaged or cut short, IncompatibleState where they are sound but of another
    kind or a later format version.
    """
    content, version, length = _checked(data)
    if content[: len(magic)] != magic:
        raise CorruptState(
            f"The state must start with {magic!r}, got {bytes(content[: len(magic)])!r}."
        )
    if version > VERSION:
        raise IncompatibleState(
            f"The format version of the state must be at most {VERSION}, got {version}."
        )
    start = _PREFIX.size + length
    try:
        header = json.loads(content[_PREFIX.size : start])
        found = header["kind"]
    except (ValueError, LookupError, TypeError) as error:
        raise CorruptState(f"The state must have a header with a kind, got {error}.") from error
    if found != kind:
        raise IncompatibleState(f"The kind of the state must be {kind!r}, got {found!r}.")
    return Frame(header, content[start:])


def _checked(data: bytes) -> tuple[bytes, int, int]:
    """What is before the checksum, with the version and the header's length that it begins with."""
    least = _PREFIX.size + _CRC
    if len(data) < least:
        raise CorruptState(f"The state must be at least {least} bytes long, got {len(data)}.")
    _, version, length = _PREFIX.unpack_from(data)
    if version < 2:
        content = data[:-_CRC]
        sound = zlib.crc32(content).to_bytes(_CRC, "little") == data[-_CRC:]
    else:
        content = data[:-_DIGEST]
        sound = blake2b(content, digest_size=_DIGEST).digest() == data[-_DIGEST:]
    if not sound:
        raise CorruptState("The checksum of the state must match its bytes, got another.")
    if len(content) < _PREFIX.size:
        raise CorruptState(f"The state must begin with {_PREFIX.size} bytes, got {len(content)}.")
    return content, version, length
