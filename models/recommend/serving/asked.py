"""A request in terms of rows: what the ids in it stand for, and which items may answer it."""

from __future__ import annotations

from math import isnan
from typing import NamedTuple

import numpy as np

from models.compiled import Flags, Ints
from models.recommend.catalogue.catalogue import Catalogue
from models.recommend.records import Request
from models.recommend.serving.rules import Rules
from models.recommend.serving.seen import disliked_rows, seen_rows
from models.recommend.store.history import NOTHING, Past
from models.recommend.store.store import Store

NO_ROWS: Ints = np.empty(0, np.int64)


class Asked(NamedTuple):
    """One request."""

    request: Request
    user: int
    """Row; -1: nobody that is known."""
    session: Ints
    """Rows of the session's items that are known, oldest first."""
    allowed: Flags
    """Which rows may be served: neither hidden nor blocked, and passing the filter; not to be written to."""
    excluded: Ints
    """Rows that are not to be served this time, some perhaps twice: seen, or excluded by the request."""
    past: Past
    """What the user did."""

    def without(self, rows: Ints) -> Ints:
        """Those of the rows that may be served, in their order."""
        mine = self.allowed[rows]
        left = rows[mine]
        return left[~np.isin(left, self.excluded)]


def asked(request: Request, store: Store, catalogue: Catalogue, rules: Rules) -> Asked:
    """The request in rows."""
    user = -1 if request.user is None else store.users.row(request.user)
    session = _known(store, request.session)
    excluded = [_known(store, request.exclude)]
    if request.exclude_seen:
        excluded.append(session)
    past = store.histories.of(user) if user >= 0 else NOTHING
    if len(past.items) and (request.exclude_seen or rules.dislikes):
        if rules.dislikes:
            excluded.append(disliked_rows(past, rules.dislikes))
        if request.exclude_seen:
            now = store.newest if request.time is None else request.time
            assert not isnan(now), "a user is known by an interaction"
            excluded.append(seen_rows(past, rules.reshow, now))
    return Asked(
        request,
        user,
        session,
        catalogue.matching(request.filter),
        np.concatenate(excluded),
        past,
    )


def _known(store: Store, items: tuple[str, ...]) -> Ints:
    if not items:
        return NO_ROWS
    rows = store.items.rows(items)
    return rows[rows >= 0]
