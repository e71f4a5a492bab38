"""What is measured, as it is given out."""

from __future__ import annotations

from typing import NamedTuple

from models.recommend.measures.tally import Tally


class Scope(NamedTuple):
    """The measures over some interactions."""

    everything: Tally
    cold_users: Tally
    """Those whose user had fewer than `cold` interactions before."""
    cold_items: Tally
    """Those whose item had fewer than `cold` interactions before."""
    items_shown: int
    """Different items among the first k of all these answers."""
    items: int
    """Items that there are."""
    novelty: float | None
    """Mean self-information of the items shown, -log2 of their share of all interactions, in bits; higher is less
    popular (Vargas & Castells 2011, section 4)."""

    @property
    def coverage(self) -> float | None:
        """The share of all items that was shown to anyone; None without items."""
        return self.items_shown / self.items if self.items else None


class Measures(NamedTuple):
    """How well interactions were foreseen, each ranked before it was learned (Gama et al. 2013).

    Every item that could have been recommended is a candidate; the user's own are not, unless they may be shown again.
    """

    cutoff: int
    """The k of recall@k and nDCG@k."""
    cold: int
    """Interactions from which a user or an item is not cold any more."""
    total: Scope
    window: Scope
    """The last ones."""
