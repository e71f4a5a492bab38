"""The log of a recommender for the crash test: what users do, what items are, and what is asked, in one order."""

from __future__ import annotations

import json
import random
from typing import Any

from stream.codec.kinds import Kind
from stream.codec.origin import with_origin
from stream.records import Outgoing, Record
from tests.crash.events import POISON, START_MS

ITEMS = 300
CATEGORIES = ("books", "games", "music", "tools")


def section(events: str, snapshot_every: int) -> dict[str, Any]:
    """A recommender in a configuration. events: the topic of interactions, which nobody reads here."""
    return {
        "input": {
            "topic": events,
            "user": "user",
            "item": "item",
            "type": "type",
            "timestamp": "time",
        },
        "items": {"topic": f"{events}.items", "timestamp": "time"},
        "users": {"topic": f"{events}.users"},
        "requests": {"topic": f"{events}.requests"},
        # The records' times are long ago.
        "sequenced": {"retention": None},
        "types": {"view": 1.0, "buy": 3.0, "shown": "seen", "hide": "blocked"},
        "metrics": {"every": 200},
        "snapshots": {"every": snapshot_every},
    }


def make_log(topic: str, count: int, keys: int, seed: int) -> list[Outgoing]:
    """`count` records of `keys` users, one second of event time apart, as sequence tasks write them."""
    chance = random.Random(seed)
    return [_copied(topic, at, *_record(topic, at, keys, chance)) for at in range(count)]


def _record(
    topic: str, at: int, keys: int, chance: random.Random
) -> tuple[Kind, bytes, bytes | None]:
    user = f"user-{min(int(chance.expovariate(4.0 / keys)), keys - 1):03d}"
    share = chance.random()
    if share < POISON:
        return Kind.INTERACTION, user.encode(), b"{ not json"
    if share < 0.04:
        item = _item(chance)
        return Kind.ITEM, item.encode(), None if chance.random() < 0.1 else _described(at, chance)
    if share < 0.07:
        asked = {"id": f"r{at}", "user": user, "n": 5}
        return Kind.REQUEST, user.encode(), json.dumps(asked).encode()
    if share < 0.073:
        return Kind.USER, user.encode(), None
    kind = chance.choices(["view", "buy", "shown", "hide"], [70, 15, 12, 3])[0]
    said = {"user": user, "item": _item(chance), "type": kind, "time": START_MS + 1000 * at}
    return Kind.INTERACTION, user.encode(), json.dumps(said).encode()


def _item(chance: random.Random) -> str:
    return f"item-{int(ITEMS * chance.random() ** 2):03d}"


def _described(at: int, chance: random.Random) -> bytes:
    document = {
        "categories": [chance.choice(CATEGORIES)],
        "tags": chance.sample(["new", "cheap", "heavy"], chance.randrange(3)),
        "numbers": {"price": round(chance.expovariate(0.1), 2)},
        "time": START_MS + 1000 * at,
    }
    return json.dumps(document).encode()


def _copied(topic: str, at: int, kind: Kind, key: bytes, value: bytes | None) -> Outgoing:
    source = Record(f"of-{kind}", 0, at, START_MS + 1000 * at, key, value, ())
    return Outgoing(topic, key, value, with_origin(source, kind), START_MS + at)
