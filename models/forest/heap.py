"""A growable heap of regions in size classes: where the slots of an arena get their memory."""

from __future__ import annotations


class Heap:
    """Hands out regions of a flat address space; freed ones are used again by regions of the same size.

    Only addresses are kept here: the arrays that live at them are grown by their owner to `extent`.
    """

    def __init__(self) -> None:
        self.extent = 0
        self._free: dict[int, list[int]] = {}

    def take(self, size: int) -> int:
        """The start of a region of `size` cells."""
        free = self._free.get(size)
        if free:
            return free.pop()
        start = self.extent
        self.extent += size
        return start

    def give_back(self, start: int, size: int) -> None:
        """Free a region taken before."""
        self._free.setdefault(size, []).append(start)
