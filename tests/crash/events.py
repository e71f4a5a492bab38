"""The input of the crash test: keyed waves with noise, and a little poison."""

from __future__ import annotations

import json
import math
import random

from stream.records import Outgoing

START_MS = 1_700_000_000_000
POISON = 0.005
"""Share of the records that no decoder takes."""


def make_events(topic: str, count: int, keys: int, seed: int) -> list[Outgoing]:
    """`count` records of `keys` keys in random turn, one millisecond apart."""
    chance = random.Random(seed)
    return [_event(topic, at, chance.randrange(keys), chance) for at in range(count)]


def _event(topic: str, at: int, key: int, chance: random.Random) -> Outgoing:
    name, time = f"sensor-{key:03d}", START_MS + at
    wave = math.sin(at / 500.0 + key) + chance.gauss(0.0, 0.1)
    spike = 8.0 if chance.random() < 0.002 else 0.0
    text = json.dumps({"sensor": name, "time": time, "value": round(wave + spike, 6)})
    value = b"{ not json" if chance.random() < POISON else text.encode()
    return Outgoing(topic, name.encode(), value, (), time)
