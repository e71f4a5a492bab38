"""A recommender: what learns, what is asked, and what is kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import isfinite

import numpy as np

from models.compiled import Flags, Ints
from models.errors import InvalidParameter
from models.recommend.answers import Evaluation, ItemState, Population, UserState, Visit
from models.recommend.catalogue.catalogue import Catalogue
from models.recommend.catalogue.latest import Latest
from models.recommend.checks import check_interactions, check_name
from models.recommend.config import RecommenderConfig
from models.recommend.foresight import Foreseen, chosen, counts, place, popularity
from models.recommend.lineup import Lineup
from models.recommend.measures.measures import Measures
from models.recommend.measures.prequential import Prequential
from models.recommend.records import Interaction, ItemData, Recommended, Request
from models.recommend.serving.filters import Filter
from models.recommend.serving.serving import Serving
from models.recommend.similar import similar
from models.recommend.store.checkpoint import Checkpoints
from models.recommend.store.store import Limits, Store


class Recommender:
    """A deterministic function of the calls' order: how interactions are cut into batches changes nothing.

    What is remembered is bounded by the configuration: users and items that were idle too long, or longest where there
    are too many, go. A forgotten user's history, vectors and profile go at once; what others' interactions with the
    same items were counted into (co-occurrences, popularity, item vectors) are sums over everybody, and stay.

    Not thread-safe.
    """

    def __init__(self, config: RecommenderConfig) -> None:
        self.config = config
        self._store = Store(
            Limits(
                history=config.history,
                max_users=config.max_users,
                max_items=config.max_items,
                user_ttl=config.user_ttl,
                item_ttl=config.item_ttl,
            )
        )
        store, rules = self._store, config.rules
        self._catalogue = Catalogue(store, rules.blocked)
        self._lineup = Lineup(config, store, self._catalogue)
        self._serving = Serving(store, self._catalogue, Latest(store), rules, config.seed)
        self._measured = Prequential(store, config.cutoff, config.window)
        # Learning ranks fast, but takes it that what was seen is never shown again.
        self._ranks_while_learning = self._lineup.ranks and not any(map(isfinite, rules.reshow))
        store.watch()
        self._checkpoints = Checkpoints(store, {"seed": config.seed, "kinds": list(config.kinds)})

    def learn(self, interactions: Sequence[Interaction]) -> Evaluation:
        """Learn interactions in their order; a seeded share of them is ranked before.

        Raises InvalidParameter for an id, kind, weight or time that breaks its rule, and then learns nothing.
        """
        check_interactions(interactions, len(self.config.kinds))
        n, store = len(interactions), self._store
        ranks = np.full(n, np.nan)
        ranked = chosen(self.config.seed, store.sequence, n, self.config.evaluate)
        start = 0
        while start < n:
            stop = min(n, start + store.room, _next(ranked, start + 1))
            foreseen = self._foresee(interactions[start]) if ranked[start] else None
            found = self._lineup.learn(store.advance(interactions[start:stop]), ranked[start:stop])
            if foreseen is not None:
                ranks[start] = self._observe(foreseen, float(found[0]))
            store.keep()
            start = stop
        return Evaluation(ranks)

    def put_item(self, item: str, data: ItemData, time: float) -> None:
        """Set what is known of an item; `time` in seconds since the epoch.

        Raises InvalidParameter for an id, a time or data that break their rule, and then changes nothing.
        """
        check_name("item", "an item", item)
        if not isfinite(time):
            raise InvalidParameter("time", "an item", "finite", time)
        self._catalogue.check(data)
        self._catalogue.put(self._store.put_item(item, time), data)
        self._store.keep()

    def remove_item(self, item: str) -> bool:
        """Forget an item; whether there was one."""
        known = self._store.remove_item(item)
        self._store.keep()
        return known

    def forget_user(self, user: str) -> bool:
        """Forget everything about a user; whether there was one."""
        known = self._store.forget_user(user)
        self._store.keep()
        return known

    def recommend(self, request: Request) -> list[Recommended]:
        """The best items for a request, best first. Changes nothing. Raises InvalidParameter."""
        if request.n < 1:
            raise InvalidParameter("n", "a request", "at least 1", request.n)
        asked = self._serving.asked(request)
        sources = self._lineup.sources(asked)

        def likeness(rows: Ints) -> np.ndarray:
            return self._lineup.likeness(asked, rows)

        return self._serving.answer(asked, sources, likeness)

    def recommend_many(self, requests: Sequence[Request]) -> list[list[Recommended]]:
        """The answers to many requests."""
        return [self.recommend(request) for request in requests]

    def similar(self, item: str, n: int, filter: Filter | None = None) -> list[Recommended]:
        """The items most like another, best first; none for one that is not known. Raises InvalidParameter."""
        if n < 1:
            raise InvalidParameter("n", "a request", "at least 1", n)
        ids = self._store.items
        row = ids.row(item)
        if row < 0:
            return []
        return [
            Recommended(ids.id(other), score, source, item, None)
            for source, rows, scores in similar(
                self._lineup, row, self._catalogue.matching(filter), n
            )
            for other, score in zip(rows.tolist(), scores.tolist(), strict=True)
        ]

    def neighbours(self, user: str, n: int) -> list[tuple[str, float]]:
        """The users most like another, with their likeness; none for one that is not known.

        Raises InvalidParameter, too where "neighbours" is not among the models.
        """
        if n < 1:
            raise InvalidParameter("n", "a request", "at least 1", n)
        model = self._lineup.neighbours
        if model is None:
            rule = "such that 'neighbours' is among them"
            raise InvalidParameter("models", "the recommender", rule, self.config.models)
        ids = self._store.users
        row = ids.row(user)
        if row < 0:
            return []
        query = model.query(row, np.empty(0, np.int64))
        return [(ids.id(other), likeness) for other, likeness in model.of(query, row, n)]

    def describe_user(self, user: str) -> UserState | None:
        """What is known of a user."""
        store = self._store
        row = store.users.row(user)
        if row < 0:
            return None
        past = (column.tolist() for column in store.histories.of(row))
        visits = tuple(
            Visit(store.items.id(item), kind, weight, time)
            for item, kind, weight, time in zip(*past, strict=True)
        )
        return UserState(user, int(store.users.interactions[row]), visits)

    def describe_item(self, item: str) -> ItemState | None:
        """What is known of an item."""
        row = self._store.items.row(item)
        if row < 0:
            return None
        interactions = int(self._store.items.interactions[row])
        return ItemState(item, interactions, self._catalogue.data(row))

    def measures(self) -> Measures:
        """How well interactions were foreseen, over the moving window and in total; cold users and items apart."""
        return self._measured.measures()

    @property
    def population(self) -> Population:
        """How many users and items are remembered."""
        store = self._store
        return Population(len(store.users), len(store.items), store.evicted)

    @property
    def memory(self) -> dict[str, int]:
        """Bytes in memory by subject, spare room included; ids and texts roughly."""
        return self._store.nbytes

    def checkpoint(self) -> Iterator[tuple[bytes, bytes | None]]:
        """Pieces (name, bytes; None: there is no such piece any more) to be kept beside older ones of other names.

        Together they hold the state as it is now. All must be taken before anything else is called. What was forgotten
        stands in none of them, and is gone from those kept when each has been written anew: after 16 checkpoints.
        """
        return self._checkpoints.write()

    def load(self, name: bytes, state: bytes) -> None:
        """Take one kept piece into a recommender that has learned nothing; those of older checkpoints come first.

        Raises models.errors.CorruptState or IncompatibleState, and then the recommender is not used any more.
        """
        self._checkpoints.take(name, state)

    def loaded(self) -> None:
        """All pieces are there. Raises models.errors.CorruptState where they do not go together."""
        self._checkpoints.restore()

    def _foresee(self, interaction: Interaction) -> Foreseen:
        """What would have been recommended just before; its rank is NaN where learning finds it."""
        store, k = self._store, self.config.cutoff
        asked = self._serving.asked(Request(interaction.user, k, time=interaction.time))
        source = self._lineup.sources(asked)[0]
        counted = counts(store, interaction)
        if self._ranks_while_learning:
            answer = source.best(asked.allowed, asked.excluded, k).rows
            return Foreseen(np.nan, answer, counted, popularity(store, answer))
        item = store.items.row(interaction.item)
        rank, answer = place(asked, source, item, store.items.alive(), k)
        return Foreseen(rank, answer, counted, popularity(store, answer))

    def _observe(self, foreseen: Foreseen, found: float) -> float:
        rank = found if np.isnan(foreseen.rank) else foreseen.rank
        self._measured.observe(rank, foreseen.answer, foreseen.counts, foreseen.popularity)
        return rank


def _next(ranked: Flags, start: int) -> int:
    """The next event that is ranked, or a number past all of them."""
    if start >= len(ranked):
        return start
    ahead = int(np.argmax(ranked[start:]))
    return start + ahead if ranked[start + ahead] else len(ranked)
