"""The checksum of everything that a partition's entities have put out.

Each entity has a sum of the hashes of its outputs, modulo 2**64, so that the order between entities
does not matter. Snapshots carry their entity's sum and commits carry the partition's total: after a
replay the two must agree, or the task did not do twice the same with the same records.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b

import msgspec

from stream.tasks.protocol import Output

_encode = msgspec.msgpack.Encoder().encode
MODULUS = 1 << 64


def output_hash(output: Output) -> int:
    """64 bits that depend on the input offset and on everything in the output record."""
    # MessagePack carries lengths and types, so no byte moves from one part to the next unnoticed.
    encoded = _encode((output.offset, output.record))
    return int.from_bytes(blake2b(encoded, digest_size=8).digest(), "little")


class Audit:
    """The sums of one partition's entities, each 0 <= sum < 2**64."""

    def __init__(self) -> None:
        self._sums: dict[bytes, int] = {}
        self.total = 0
        """The sum over all entities."""

    def __len__(self) -> int:
        return len(self._sums)

    def add(self, outputs: Iterable[Output]) -> None:
        """Count outputs in. What has no entity has no state to be audited."""
        for output in outputs:
            if output.entity is not None:
                added = output_hash(output)
                self._sums[output.entity] = (self._sums.get(output.entity, 0) + added) % MODULUS
                self.total = (self.total + added) % MODULUS

    def of(self, entity: bytes) -> int:
        """The entity's sum."""
        return self._sums.get(entity, 0)

    def restore(self, entity: bytes, total: int) -> None:
        """Set an entity's sum to what its snapshot carried."""
        self.total = (self.total - self.of(entity) + total) % MODULUS
        self._sums[entity] = total
