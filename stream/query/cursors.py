"""Opaque cursors: where a page ended, and which query it belongs to."""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import Annotated, TypeVar

import msgspec

from models.errors import InvalidParameter

T = TypeVar("T")

StoredInteger = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
"""An integer that SQLite takes: a cursor may have been forged."""


def fingerprint(*query: object) -> bytes:
    """Four bytes that tell one query (its filters and its order, not its limit) from another."""
    return hashlib.blake2s(msgspec.msgpack.encode(query), digest_size=4).digest()


def encode_cursor(query: bytes, position: msgspec.Struct) -> str:
    """The text of a position in the query with this fingerprint: letters, digits, '-' and '_'."""
    packed = query + msgspec.msgpack.encode(position)
    return base64.urlsafe_b64encode(packed).rstrip(b"=").decode()


def decode_cursor(text: str, query: bytes, shape: type[T]) -> T:
    """The position in a cursor of this very query. Raises InvalidParameter."""
    try:
        packed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        if packed[:4] == query:
            return msgspec.msgpack.decode(packed[4:], type=shape)
    except (binascii.Error, ValueError, msgspec.DecodeError):
        pass
    raise InvalidParameter("cursor", "the query", "the next_cursor of the very same query", text)
