"""One piece of a checkpoint as bytes: a header, then plain arrays, uncompressed and checksummed.

Layout, all little-endian: magic "CSRP", format version (u16), header length (u32), header (JSON), the arrays one after
another, and an Adler-32 of everything before it. Not a CRC-32: whatever ends in its own has the same CRC-32 as all else
of its length, by which whoever keeps pieces could not tell them apart. They are not compressed, for factors do not
compress, and a million users have to load in seconds.
"""

from __future__ import annotations

import json
import struct
import zlib
from typing import Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from models.errors import CorruptState, IncompatibleState
from models.recommend.store.columns import Column

MAGIC = b"CSRP"
VERSION = 1
_PREFIX = struct.Struct("<4sHI")
_CHECKSUM = struct.Struct("<I")


class Section(NamedTuple):
    """Some rows of one table, or of one column of texts."""

    table: str
    rows: NDArray[np.int32] | range
    arrays: tuple[NDArray[Any], ...] = ()
    """A table's saved columns, of these rows only."""
    columns: tuple[Column, ...] = ()
    texts: list[str | None] | None = None


class Piece(NamedTuple):
    """What a piece holds."""

    meta: dict[str, Any]
    sections: list[Section]


def pack(meta: dict[str, Any], sections: list[Section]) -> bytes:
    """A piece as bytes; the same content gives the same bytes."""
    layout: list[dict[str, Any]] = []
    parts: list[bytes | memoryview] = []
    for section in sections:
        rows = section.rows
        entry: dict[str, Any] = {"table": section.table, "count": len(rows)}
        if isinstance(rows, range):
            entry["start"] = rows.start
        else:
            parts.append(_plain(rows))
        if section.texts is None:
            entry["columns"] = [column.signature for column in section.columns]
            parts.extend(map(_plain, section.arrays))
        else:
            encoded = msgspec.msgpack.encode(section.texts)
            entry["texts"] = len(encoded)
            parts.append(encoded)
        layout.append(entry)
    header = json.dumps(
        {"meta": meta, "sections": layout}, separators=(",", ":"), sort_keys=True
    ).encode()
    parts = [_PREFIX.pack(MAGIC, VERSION, len(header)), header, *parts]
    checksum = 1
    for part in parts:
        checksum = zlib.adler32(part, checksum)
    return b"".join([*parts, _CHECKSUM.pack(checksum)])


def unpack(data: bytes) -> Piece:
    """A piece from bytes; its arrays are views of them.

    Raises CorruptState where they are damaged or cut short, IncompatibleState where they are of a later format version.
    """
    if len(data) < _PREFIX.size + _CHECKSUM.size:
        raise CorruptState(f"A piece of the state must be at least 14 bytes long, got {len(data)}.")
    body = memoryview(data)[: -_CHECKSUM.size]
    if zlib.adler32(body) != _CHECKSUM.unpack_from(data, len(body))[0]:
        raise CorruptState("The checksum of a piece must match its bytes, got another.")
    magic, version, length = _PREFIX.unpack_from(data)
    if magic != MAGIC:
        raise CorruptState(f"A piece of the state must start with {MAGIC!r}, got {magic!r}.")
    if version > VERSION:
        raise IncompatibleState(
            f"The format version of a piece must be at most {VERSION}, got {version}."
        )
    start = _PREFIX.size + length
    try:
        header = json.loads(bytes(body[_PREFIX.size : start]))
        reader = _Reader(body, start)
        return Piece(header["meta"], [_section(reader, entry) for entry in header["sections"]])
    except (ValueError, LookupError, TypeError, msgspec.MsgspecError) as error:
        raise CorruptState(f"A piece must be a header and its arrays, got {error!r}.") from error


class _Reader:
    def __init__(self, body: memoryview, at: int) -> None:
        self._body, self._at = body, at

    def array(self, dtype: str, shape: tuple[int, ...]) -> NDArray[Any]:
        count = int(np.prod(shape, dtype=np.int64))
        array = np.frombuffer(self._body, np.dtype(dtype), count, self._at)
        self._at += array.nbytes
        return array.reshape(shape)

    def take(self, length: int) -> memoryview:
        self._at += length
        return self._body[self._at - length : self._at]


def _section(reader: _Reader, entry: dict[str, Any]) -> Section:
    count = int(entry["count"])
    rows: NDArray[np.int32] | range
    start = entry.get("start")
    rows = reader.array("<i4", (count,)) if start is None else range(start, start + count)
    if "texts" in entry:
        texts = msgspec.msgpack.decode(reader.take(entry["texts"]), type=list[str | None])
        return Section(entry["table"], rows, texts=texts)
    columns = tuple(Column(name, dtype, tuple(shape)) for name, dtype, shape in entry["columns"])
    arrays = tuple(reader.array(str(column.dtype), (count, *column.shape)) for column in columns)
    return Section(entry["table"], rows, arrays, columns)


def _plain(array: NDArray[Any]) -> memoryview:
    plain = np.ascontiguousarray(array)
    plain = plain.astype(plain.dtype.newbyteorder("<"), copy=False)
    return plain.reshape(-1).view(np.uint8).data
