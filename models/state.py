"""Saved state: a small header, then plain arrays, checksummed. No pickle, no code, the same bytes on every machine.

Framed as models.frame says, with the magic "CSST": the header holds kind, meta, and name, dtype and shape of each
array, the body (zlib) the arrays one after another, of each the lowest bytes of all items first.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.errors import CorruptState
from models.frame import VERSION, framed, unframed

__all__ = ["MAGIC", "VERSION", "State", "pack", "unpack"]

MAGIC = b"CSST"


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
    header = {"kind": kind, "meta": dict(meta), "arrays": layout}
    return framed(MAGIC, header, zlib.compress(b"".join(parts), 1))


def unpack(data: bytes, kind: str) -> State:
    """State from bytes.

    Raises CorruptState where they are damaged or cut short, IncompatibleState where they are sound but of another
    kind or a later format version.
    """
    header, body = unframed(MAGIC, data, kind)
    try:
        meta, layout = header["meta"], header["arrays"]
        arrays = _arrays(zlib.decompress(body), layout)
    except (ValueError, LookupError, TypeError, zlib.error) as error:
        raise CorruptState(f"The state must be a header and its arrays, got {error}.") from error
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
