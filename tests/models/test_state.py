"""Saved state: what goes in comes out, to the bit, or the state is refused."""

from __future__ import annotations

import struct
import zlib
from hashlib import blake2b

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from models.errors import CorruptState, IncompatibleState, StateError
from models.state import VERSION, pack, unpack

plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
arrays = hnp.arrays(
    st.sampled_from(["<f4", ">f4", "<f8", ">i8", "u8", "u2", "u1", "?"]),
    hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=5),
)


@given(st.text(min_size=1), st.dictionaries(st.text(), plain), st.dictionaries(st.text(), arrays))
def test_what_is_packed_is_unpacked(
    kind: str, meta: dict[str, object], held: dict[str, np.ndarray]
) -> None:
    packed = pack(kind, meta, held)
    state = unpack(packed, kind)
    assert (state.kind, state.meta) == (kind, meta)
    assert state.arrays.keys() == held.keys()
    for name, array in held.items():
        assert state.arrays[name].shape == array.shape
        assert state.arrays[name].dtype == array.dtype.newbyteorder("=")
        np.testing.assert_array_equal(state.arrays[name], array)
    assert pack(kind, state.meta, state.arrays) == packed


def test_unpacked_arrays_may_be_written() -> None:
    state = unpack(pack("k", {}, {"a": np.arange(3)}), "k")
    state.arrays["a"][0] = 9
    assert state.arrays["a"].tolist() == [9, 1, 2]


def test_slices_and_transposes_are_saved_by_value() -> None:
    grid = np.arange(12).reshape(3, 4)
    state = unpack(pack("k", {}, {"a": grid[::2, 1:].T}), "k")
    assert state.arrays["a"].tolist() == grid[::2, 1:].T.tolist()


@given(st.data())
def test_no_damage_goes_unnoticed(data: st.DataObject) -> None:
    packed = pack("k", {"seed": 1}, {"a": np.arange(40.0)})
    at = data.draw(st.integers(0, len(packed) - 1))
    damage = data.draw(st.integers(1, 255))
    damaged = packed[:at] + bytes([packed[at] ^ damage]) + packed[at + 1 :]
    with pytest.raises(CorruptState, match="checksum of the state must match"):
        unpack(damaged, "k")
    with pytest.raises(CorruptState):
        unpack(packed[:at], "k")
    with pytest.raises(CorruptState):
        unpack(packed + bytes([damage]), "k")


@given(st.binary(max_size=200))
def test_foreign_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(StateError):
        unpack(data, "k")


def with_crc(framed: bytes) -> bytes:
    return framed + struct.pack("<I", zlib.crc32(framed))


def with_digest(framed: bytes) -> bytes:
    return framed + blake2b(framed, digest_size=8).digest()


@given(st.binary(min_size=10, max_size=200))
def test_foreign_bytes_are_refused_even_with_a_sound_checksum(data: bytes) -> None:
    for sound in (with_crc(data), with_digest(data)):
        with pytest.raises(StateError):
            unpack(sound, "k")
    with pytest.raises(StateError):
        unpack(with_crc(b"CSST\x01\x00" + data), "k")
    with pytest.raises(StateError):
        unpack(with_digest(b"CSST\x02\x00" + data), "k")


def test_a_later_format_is_refused_by_its_number() -> None:
    packed = pack("k", {}, {})
    later = with_digest(packed[:4] + struct.pack("<H", VERSION + 1) + packed[6:-8])
    with pytest.raises(IncompatibleState, match=f"must be at most {VERSION}, got {VERSION + 1}"):
        unpack(later, "k")


def test_the_first_version_ends_in_a_crc() -> None:
    packed = pack("k", {"seed": 1}, {"a": np.arange(3)})
    first = with_crc(packed[:4] + struct.pack("<H", 1) + packed[6:-8])
    state = unpack(first, "k")
    assert (state.meta, state.arrays["a"].tolist()) == ({"seed": 1}, [0, 1, 2])
    with pytest.raises(CorruptState, match="checksum of the state must match"):
        unpack(first[:-1] + bytes([first[-1] ^ 1]), "k")


def test_sound_states_of_one_length_differ_in_their_crc() -> None:
    first, second = (pack("k", {"seed": seed}, {}) for seed in (1, 2))
    assert len(first) == len(second)
    assert zlib.crc32(first) != zlib.crc32(second)


def test_another_kind_is_refused_by_its_name() -> None:
    with pytest.raises(IncompatibleState, match="must be 'forest', got 'threshold'"):
        unpack(pack("threshold", {}, {}), "forest")
