"""Our factorisation machine beside River's, on clicks: `python -m benchmarks.click --data open-bandit --json`.

Protocol: every impression of the Open Bandit sample (four logs of 10,000, of which 46 to 69 were clicked) is predicted,
then learned, in order of time, by a model of its own per log; eleven features (item, position, part of the day, four of
the user, three of the item, one amount). Ours takes a batch of 500 per call, River's a record. "features to odds" is
the compiled part alone. One thread. Clicks are so few that no model is much better than chance: the losses say whether
the two agree, not which is better.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

import numpy as np

from benchmarks.measure import one_thread, rates
from benchmarks.report import machine, show
from models.recommend.click.features import Features, encoded
from models.recommend.click.machine import FactorisationMachine
from models.recommend.click.reference import RiverMachine
from models.recommend.store.store import Limits, Store

LOGS = tuple(
    f"{policy}/{campaign}" for policy in ("random", "bts") for campaign in ("men", "women")
)
BATCH = 500
GOAL = 100.0
"""Times River's rate, for the compiled part."""
Log = tuple[list[Features], list[bool]]


def main() -> None:
    """Measure and print."""
    one_thread("benchmarks.click")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the Open Bandit sample")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--rounds", type=int, default=3, help="rounds, of which the median counts")
    arguments = parser.parse_args()
    logs = {name: read(arguments.data, name) for name in LOGS}
    found = speeds(logs[LOGS[0]], arguments.rounds)
    results: dict[str, float] = {f"{name}, examples/s": rate for name, rate in found.items()}
    for name, log in logs.items():
        for model, learn in (("ours", learn_ours), ("river", learn_river)):
            results[f"{name}, {model}, log loss"] = log_loss(learn(log), log[1])
    ratio = found["ours, features to odds"] / found["river"]
    report = {
        "protocol": __doc__,
        "machine": machine(),
        "results": results,
        "ratios": {
            "ours / river": found["ours"] / found["river"],
            "ours, features to odds / river": ratio,
        },
        "goals": {"features to odds / river": {"goal": GOAL, "got": ratio, "met": ratio >= GOAL}},
    }
    show(report, as_json=arguments.json)


def read(folder: Path, log: str) -> Log:
    """Features and clicks of one log, in order of time."""
    place = folder / log
    with (place / "item_context.csv").open(encoding="utf-8") as lines:
        items = {row["item_id"]: row for row in csv.DictReader(lines)}
    with (place / f"{place.name}.csv").open(encoding="utf-8") as lines:
        rows = sorted(csv.DictReader(lines), key=lambda row: row["timestamp"])
    examples: list[Features] = []
    for row in rows:
        item = items[row["item_id"]]
        examples.append(
            {
                "item": row["item_id"],
                "position": row["position"],
                "part of day": str(int(row["timestamp"][11:13]) // 4),
                "affinity": float(row[f"user-item_affinity_{row['item_id']}"]),
                **{name: row[name] for name in row if name.startswith("user_feature_")},
                **{f"item_feature_{k}": item[f"item_feature_{k}"] for k in (1, 2, 3)},
            }
        )
    return examples, [row["click"] == "1" for row in rows]


def new_machine() -> FactorisationMachine:
    """One that has learned nothing."""
    return FactorisationMachine(Store(Limits(1, 1, 1, None, None)))


def learn_ours(log: Log) -> list[float]:
    """What each was given before it was learned."""
    model, (examples, clicks) = new_machine(), log
    before = [
        model.learn_many(examples[k : k + BATCH], clicks[k : k + BATCH])
        for k in range(0, len(examples), BATCH)
    ]
    return [float(each) for each in np.concatenate(before)]


def learn_river(log: Log) -> list[float]:
    """The same by River."""
    model, before = RiverMachine(), []
    for x, y in zip(*log, strict=True):
        before.append(model.predict_proba_one(x)[True])
        model.learn_one(x, y)
    return before


def speeds(log: Log, rounds: int) -> dict[str, float]:
    """Examples per second, predicted and learned."""
    examples, clicks = log[0][:2_000], log[1][:2_000]
    ours, river = new_machine(), RiverMachine()
    slots, values = encoded(examples, ours.n_slots)
    clicked = np.array(clicks, np.float64)

    def by_ours(_: int) -> None:
        ours.learn_many(examples, clicks)

    def by_kernel(_: int) -> None:
        ours.learn_encoded(slots, values, clicked)

    def by_river(_: int) -> None:
        for x, y in zip(examples, clicks, strict=True):
            river.predict_proba_one(x)
            river.learn_one(x, y)

    ours.learn_many(examples, clicks)
    n = len(examples)
    return rates(
        {
            "ours": (n, by_ours),
            "ours, features to odds": (n, by_kernel),
            "river": (n, by_river),
        },
        rounds,
    )


def log_loss(probabilities: list[float], clicks: list[bool]) -> float:
    """Mean of -ln of what was given to what came."""
    given = np.where(clicks, probabilities, 1.0 - np.array(probabilities))
    return float(-np.log(np.maximum(given, 1e-12)).mean())


if __name__ == "__main__":
    main()
