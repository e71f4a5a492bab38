"""A store with all that stands around the ranking models, and random lives for it."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

from models.recommend.catalogue.catalogue import NOTHING, Catalogue
from models.recommend.catalogue.latest import Latest
from models.recommend.content.content import Content
from models.recommend.records import Interaction, ItemData
from models.recommend.store.checkpoint import Checkpoints
from models.recommend.store.store import Limits, Store

LIMITS = Limits(history=20, max_users=6, max_items=7, user_ttl=None, item_ttl=None)
LARGE = Limits(history=50, max_users=10_000, max_items=10_000, user_ttl=None, item_ttl=None)


class Shop:
    """What a recommender is, without ranking models."""

    def __init__(self, limits: Limits = LIMITS, blocked: Sequence[str] = ()) -> None:
        self.store = Store(limits)
        self.catalogue = Catalogue(self.store, blocked)
        self.latest = Latest(self.store)
        self.content = Content(self.store, self.catalogue)
        self.store.watch()
        self.checkpoints = Checkpoints(self.store, {"seed": 1})

    def put(self, item: str, data: ItemData = NOTHING, time: float = 0.0) -> int:
        row = self.store.put_item(item, time)
        self.catalogue.put(row, data)
        self.store.keep()
        return row

    def interact(self, events: Sequence[Interaction]) -> None:
        while events:
            now, events = events[: self.store.room], events[self.store.room :]
            self.content.learn(self.store.advance(now))
            self.store.keep()

    def apply(self, operation: tuple[object, ...]) -> None:
        verb, *arguments = operation
        if verb == "interact":
            self.interact([Interaction(*arguments)])
        elif verb == "put":
            self.put(*arguments)
        else:
            getattr(self.store, verb)(*arguments)
            self.store.keep()

    def pieces(self) -> dict[bytes, bytes]:
        """A first checkpoint."""
        return {name: data for name, data in self.checkpoints.write() if data is not None}

    def load(self, pieces: dict[bytes, bytes]) -> Shop:
        for name, data in pieces.items():
            self.checkpoints.take(name, data)
        self.checkpoints.restore()
        return self


names = st.sampled_from(["red", "green", "blue", "deep blue", 'a "quoted" \\ one', "not", "<"])
items = st.sampled_from([f"item-{k}" for k in range(10)])
users = st.sampled_from([f"user-{k}" for k in range(9)])
words = st.sampled_from(["moon", "sun", "sun sun star", "", "Star-moon", "ÄÖ ß"])
datas = st.builds(
    ItemData,
    categories=st.lists(names, max_size=3).map(tuple),
    tags=st.lists(names, max_size=3).map(tuple),
    numbers=st.dictionaries(names, st.integers(-3, 3).map(float), max_size=3),
    text=words,
    hidden=st.booleans(),
    vector=st.sampled_from([(), (), (), (1.0, 2.0), tuple(float(k) for k in range(64))]),
)
times = st.integers(0, 200).map(float)
operations = st.one_of(
    st.tuples(st.just("interact"), users, items, st.integers(0, 3), st.just(1.0), times),
    st.tuples(st.just("put"), items, datas, times),
    st.tuples(st.just("put"), items, datas, times),
    st.tuples(st.just("remove_item"), items),
    st.tuples(st.just("forget_user"), users),
)
lives = st.lists(operations, min_size=1, max_size=60)
