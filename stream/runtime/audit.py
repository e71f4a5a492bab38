"""The checksum of everything that a partition's entities have put out.

Each entity has a sum of the hashes of its outputs, modulo 2**64, so that the order between entities
does not matter. Snapshots carry their entity's sum and commits carry the partition's total: after a
replay the two must agree, or the task did not do twice the same with the same records.

An entity that is forgotten begins again at 0: whatever a replay made of records from before that,
for want of a state that nobody keeps any more, has no part in the sum.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import blake2b
from types import MappingProxyType

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

    def add(
        self,
        outputs: Iterable[Output],
        forgotten: Mapping[bytes, int] = MappingProxyType({}),
    ) -> None:
        """Count outputs in. What has no entity has no state to be audited.

        forgotten: entity -> offset at which it was; only what it put out after that counts.
        """
        for entity in forgotten:
            self.total = (self.total - self._sums.pop(entity, 0)) % MODULUS
        sums, total = self._sums, self.total
        for output in outputs:
            of = output.entity
            if of is None or (forgotten and output.offset < forgotten.get(of, 0)):
                continue
            added = output_hash(output)
            sums[of] = (sums.get(of, 0) + added) % MODULUS
            total += added
        self.total = total % MODULUS

    def of(self, entity: bytes) -> int:
        """The entity's sum."""
        return self._sums.get(entity, 0)

    def restore(self, entity: bytes, total: int) -> None:
        """Set an entity's sum to what its snapshot carried."""
        self.total = (self.total - self._sums.pop(entity, 0) + total) % MODULUS
        if total:
            self._sums[entity] = total
