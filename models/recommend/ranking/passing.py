"""Which places of the search's order hold items that pass a filter."""

from __future__ import annotations

from collections import OrderedDict
from typing import NamedTuple

import numpy as np

from models.compiled import Flags
from models.recommend.catalogue.postings import KEPT
from models.recommend.kernels.layout import BLOCK, Bounds, Words
from models.recommend.serving.filters import Filter


class Among(NamedTuple):
    """The items that a filter leaves."""

    wanted: Filter | None
    mask: Flags
    """The catalogue's, by row: what is searched among may be fewer, never more."""


class _Kept(NamedTuple):
    mask: Flags
    version: int
    words: Words


class Passing:
    """A bit per place and filter, kept as long as it is asked for.

    Good for one version of the order. What happens to items since is not followed here but noted in the order itself:
    bits may be too many, never too few.
    """

    def __init__(self) -> None:
        self._kept: OrderedDict[Filter, _Kept] = OrderedDict()
        self._all: Words = np.zeros(0, np.uint64)

    def words(self, among: Among | None, bounds: Bounds, version: int) -> Words:
        """(blocks,): what may pass."""
        if among is None or among.wanted is None:
            return self._everything(len(bounds.norms))
        kept = self._kept.get(among.wanted)
        if kept is None or kept.mask is not among.mask or kept.version != version:
            kept = _Kept(among.mask, version, _packed(among.mask, bounds))
            self._kept[among.wanted] = kept
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(among.wanted)
        return kept.words

    def _everything(self, blocks: int) -> Words:
        if len(self._all) != blocks:
            self._all = np.full(blocks, ~np.uint64(0))
        return self._all


def _packed(mask: Flags, bounds: Bounds) -> Words:
    order = bounds.order
    bits = np.zeros(len(bounds.norms) * BLOCK, np.bool_)
    bits[: len(order)] = mask[np.minimum(order, len(mask) - 1)]
    bits[: len(order)] &= (order >= 0) & (order < len(mask))
    words: Words = np.packbits(bits, bitorder="little").view("<u8")
    return words
