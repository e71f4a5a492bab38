"""Saved state: a small header, then plain arrays, checksummed. No pickle, no code, the same bytes on every machine.

Layout, all little-endian: magic "CSST", format version (u16), header length (u32), header (JSON: kind, meta, and name,
dtype and shape of each array), the arrays one after another, of each the lowest bytes of all items first (zlib), and a
CRC-32 of everything before it.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.errors import CorruptState, IncompatibleState

MAGIC = b"CSST"
VERSION = 1
_PREFIX = struct.Struct("<4sHI")
_CHECKSUM = struct.Struct("<I")


class State(NamedTuple):
    """What was saved."""

    kind: str
    meta: dict[str, Any]
    arrays: dict[str, NDArray[Any]]


def pack(kind: str, meta: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """State as bytes; the same state gives the same bytes."""
    layout, parts = [], []
    for name, array in arrays.items():
        plain = np.asarray(array, order="C")
        plain = plain.astype(plain.dtype.newbyteorder("<"), copy=False)
        layout.append([name, plain.dtype.str, list(plain.shape)])
        parts.append(_by_significance(plain))
    header = json.dumps(
        {"kind": kind, "meta": dict(meta), "arrays": layout}, separators=(",", ":"), sort_keys=True
    ).encode()
    body = zlib.compress(b"".join(parts), 1)
    framed = _PREFIX.pack(MAGIC, VERSION, len(header)) + header + body
    return framed + _CHECKSUM.pack(zlib.crc32(framed))


def unpack(data: bytes, kind: str) -> State:
    """State from bytes.

    Raises CorruptState where they are damaged or cut short, IncompatibleState where they are sound but of another
    kind or a later format version.
    """
    if len(data) < _PREFIX.size + _CHECKSUM.size:
        raise CorruptState(f"The state must be at least 14 bytes long, got {len(data)}.")
    framed, stored = data[: -_CHECKSUM.size], _CHECKSUM.unpack(data[-_CHECKSUM.size :])[0]
    if zlib.crc32(framed) != stored:
        raise CorruptState("The checksum of the state must match its bytes, got another.")
    magic, version, header_length = _PREFIX.unpack_from(framed)
    if magic != MAGIC:
        raise CorruptState(f"The state must start with {MAGIC!r}, got {magic!r}.")
    if version > VERSION:
        raise IncompatibleState(
            f"The format version of the state must be at most {VERSION}, got {version}."
        )
    start = _PREFIX.size + header_length
    try:
        header = json.loads(framed[_PREFIX.size : start])
        found, meta, layout = header["kind"], header["meta"], header["arrays"]
        arrays = _arrays(zlib.decompress(framed[start:]), layout)
    except (ValueError, LookupError, TypeError, zlib.error) as error:
        raise CorruptState(f"The state must be a header and its arrays, got {error}.") from error
    if found != kind:
        raise IncompatibleState(f"The kind of the state must be {kind!r}, got {found!r}.")
    return State(kind, meta, arrays)


def _arrays(body: bytes, layout: list[list[Any]]) -> dict[str, NDArray[Any]]:
    arrays: dict[str, NDArray[Any]] = {}
    at = 0
    for name, dtype, shape in layout:
        count = int(np.prod(shape, dtype=np.int64))
        plain = np.dtype(dtype)
        planes = np.frombuffer(body, np.uint8, count * plain.itemsize, at)
        joined = np.ascontiguousarray(planes.reshape(plain.itemsize, count).T).view(plain)
        arrays[name] = joined.reshape(shape).astype(plain.newbyteorder("="))
        at += planes.nbytes
    return arrays


def _by_significance(array: NDArray[Any]) -> bytes:
    """The first bytes of all items, then the second ones...: alike bytes together compress better and faster."""
    return array.reshape(-1).view(np.uint8).reshape(array.size, array.itemsize).T.tobytes()
