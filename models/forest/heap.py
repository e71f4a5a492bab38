"""A growable heap of regions: where the slots of an arena get their memory."""

from __future__ import annotations


class Heap:
    """Hands out regions of a flat address space; freed neighbours become one, and are used again.

    Only addresses are kept here: the arrays that live at them are grown by their owner to `extent`.
    """

    def __init__(self) -> None:
        self.extent = 0
        self._size_at: dict[int, int] = {}
        self._start_before: dict[int, int] = {}
        self._bins: dict[int, dict[int, None]] = {}

    def take(self, size: int) -> int:
        """The start of a region of `size` cells."""
        if size == 0:
            return 0
        start = self._find(size)
        if start is None:
            # A free region at the end need only be made longer.
            start = self._start_before.get(self.extent, self.extent)
            if start < self.extent:
                self._remove(start)
            self.extent = start + size
            return start
        rest = self._remove(start) - size
        if rest:
            self._add(start + size, rest)
        return start

    def give_back(self, start: int, size: int) -> None:
        """Free a region taken before."""
        if size == 0:
            return
        before = self._start_before.get(start)
        if before is not None:
            size += self._remove(before)
            start = before
        if start + size in self._size_at:
            size += self._remove(start + size)
        self._add(start, size)

    @property
    def unused(self) -> int:
        """Cells below `extent` that belong to no region."""
        return sum(self._size_at.values())

    def _find(self, size: int) -> int | None:
        own = size.bit_length()
        # In its own bin a region may be too small; a few looks are enough, and in larger bins any fits.
        for start, _ in zip(self._bins.get(own, ()), range(8), strict=False):
            if self._size_at[start] >= size:
                return start
        larger = [key for key, starts in self._bins.items() if key > own and starts]
        return next(iter(self._bins[min(larger)])) if larger else None

    def _add(self, start: int, size: int) -> None:
        self._size_at[start] = size
        self._start_before[start + size] = start
        self._bins.setdefault(size.bit_length(), {})[start] = None

    def _remove(self, start: int) -> int:
        size = self._size_at.pop(start)
        del self._start_before[start + size]
        del self._bins[size.bit_length()][start]
        return size
