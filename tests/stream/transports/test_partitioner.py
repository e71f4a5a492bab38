"""Keys lie where Kafka's default partitioner puts them (the vectors are in the contract)."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from stream.transports.partitioner import murmur2, partition_of


def java_murmur2(data: bytes) -> int:
    """The published loop, byte by byte and with Java's 32-bit arithmetic spelled out."""
    m, h = 0x5BD1E995, 0x9747B28C ^ len(data)
    for i in range(len(data) // 4):
        i4 = i * 4
        k = data[i4] + (data[i4 + 1] << 8) + (data[i4 + 2] << 16) + (data[i4 + 3] << 24)
        k = (k * m) % 2**32
        k ^= k >> 24
        k = (k * m) % 2**32
        h = (h * m) % 2**32
        h ^= k
    rest = data[len(data) // 4 * 4 :]
    for i in reversed(range(len(rest))):
        h ^= rest[i] << (8 * i)
    if rest:
        h = (h * m) % 2**32
    h ^= h >> 13
    h = (h * m) % 2**32
    return h ^ (h >> 15)


@given(st.binary(max_size=40))
def test_the_hash_is_murmur2(data: bytes) -> None:
    assert murmur2(data) == java_murmur2(data)


@given(st.binary(max_size=40), st.integers(1, 1024))
def test_the_partition_exists(key: bytes, partitions: int) -> None:
    assert 0 <= partition_of(key, partitions) < partitions
