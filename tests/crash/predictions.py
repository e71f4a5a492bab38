"""The log of a predictor for the crash test: events, their labels some time later, promotions, a little poison."""

from __future__ import annotations

import json
import random
from collections import deque
from typing import Any

from stream.codec.kinds import Kind, kind_header
from stream.codec.prediction.control import promotion_record
from stream.records import Outgoing
from tests.crash.events import POISON, START_MS

DELAY = 150
"""Records, about, from an event to its label."""
MODELS = {
    "line": ["preprocessing.StandardScaler", "linear_model.LogisticRegression"],
    "tree": ["tree.HoeffdingTreeClassifier"],
}
PROMOTED_EVERY = 997
"""Records from one promotion to the next."""


def section(events: str, partitions: int, scope: str) -> dict[str, Any]:
    """A predictor in a configuration. events: the input topic."""
    return {
        "input": {
            "topic": events,
            "partitions": partitions,
            "key": "machine",
            "rekey": False,
            "timestamp": "time",
            "id": "id",
            "label": "failed",
            "features": ["heat", "noise", "kind"],
        },
        "metrics": {"every": 50, "window": 100},
        "models": dict(MODELS),
        "scope": scope,
        "deadline": "2s",
        "drift": {"grace": 10},
    }


def make_log(
    topic: str, predictor: str, partitions: int, count: int, keys: int, seed: int
) -> list[Outgoing]:
    """`count` records of `keys` machines in random turn, one millisecond apart."""
    chance = random.Random(seed)
    waiting: deque[tuple[int, str, str, bool]] = deque()
    log = []
    for at in range(count):
        micros = (START_MS + at) * 1000
        if at % PROMOTED_EVERY == PROMOTED_EVERY - 1:
            model = chance.choice(list(MODELS))
            partition = chance.randrange(partitions)
            log.append(promotion_record(topic, partition, predictor, model, micros))
        elif waiting and waiting[0][0] <= at:
            _, machine, event, failed = waiting.popleft()
            label = {"machine": machine, "id": event, "time": START_MS + at, "failed": failed}
            log.append(_record(topic, machine, label, at, label=True))
        else:
            machine = f"machine-{chance.randrange(keys):03d}"
            event = _event(machine, at, chance)
            log.append(_record(topic, machine, event, at, poisoned=chance.random() < POISON))
            if chance.random() < 0.9:
                due = at + 1 + int(chance.expovariate(1.0 / DELAY))
                failed = event["heat"] + event["noise"] + chance.gauss(0.0, 0.3) > 1.0
                waiting.append((due, machine, event["id"], failed))
    return log


def _event(machine: str, at: int, chance: random.Random) -> dict[str, Any]:
    return {
        "machine": machine,
        "id": f"e{at}",
        "time": START_MS + at,
        "heat": round(chance.gauss(0.5, 0.4), 6),
        "noise": round(chance.expovariate(3.0), 6),
        "kind": chance.choice(["press", "lathe", "saw"]),
    }


def _record(
    topic: str,
    machine: str,
    document: dict[str, Any],
    at: int,
    *,
    label: bool = False,
    poisoned: bool = False,
) -> Outgoing:
    value = b"{ not json" if poisoned else json.dumps(document).encode()
    headers = (kind_header(Kind.LABEL),) if label else ()
    return Outgoing(topic, machine.encode(), value, headers, START_MS + at)
