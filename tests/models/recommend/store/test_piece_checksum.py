"""Whoever keeps pieces can tell them apart by a CRC-32."""

from __future__ import annotations

import zlib

from models.recommend.store.piece import pack


def test_pieces_of_one_length_differ_in_their_crc() -> None:
    first, second = (pack({"checkpoint": number}, []) for number in (1, 2))
    assert len(first) == len(second)
    assert zlib.crc32(b"m/" + first) != zlib.crc32(b"m/" + second)
