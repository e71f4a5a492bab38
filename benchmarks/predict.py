"""How many events and labels a predictor takes, by model: `python -m benchmarks.predict --json`.

Real data that River ships: Phishing (1,250 sites, nine features, two classes), over and over, every event with its
label behind it. Measured are the models alone (predict, then learn: what River itself costs), the models as the task
asks them (with pending labels, measures and the watch for drift), and the whole task: records to records, decode to
encode. One thread.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from itertools import cycle, islice
from typing import NamedTuple

from benchmarks.measure import one_thread, rates
from benchmarks.report import machine, show
from stream.records import Record, TopicPartition

MODELS = {
    "LogisticRegression": "[StandardScaler, LogisticRegression]",
    "HoeffdingTree": "HoeffdingTreeClassifier",
    "ARF (10 trees)": "{ARFClassifier: {n_models: 10}}",
}
CONFIG = """
predictors:
  sites:
    input: {{topic: sites, id: id, label: phishing, timestamp: at}}
    models: {{model: {steps}}}
"""
BATCH = 500
Data = list[tuple[dict[str, float], bool]]
PLACES = ("river", "models", "task")
GOAL = 0.5
"""Of the rate of River alone, what the whole task is to reach with the slowest of the models."""


class Case(NamedTuple):
    """One model: what is done with a round's events in each place."""

    river: Callable[[int], None]
    models: Callable[[int], None]
    task: Callable[[int], None]


def main() -> None:
    """Measure and print."""
    one_thread("benchmarks.predict")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--events", type=int, default=2_000, help="events per round")
    parser.add_argument("--rounds", type=int, default=5, help="rounds, of which the median counts")
    arguments = parser.parse_args()
    tasks = {
        f"{name}, {place}": (arguments.events, getattr(case, place))
        for name, case in cases(arguments.events, arguments.rounds).items()
        for place in PLACES
    }
    found = rates(tasks, arguments.rounds)
    ratios = {
        f"{name}: {place} / river": found[f"{name}, {place}"] / found[f"{name}, river"]
        for name in MODELS
        for place in PLACES[1:]
    }
    slowest = min(MODELS, key=lambda name: found[f"{name}, river"])
    got = ratios[f"{slowest}: task / river"]
    show(
        {
            "protocol": {
                "data": "river.datasets.Phishing, repeated; every event with its label behind it",
                "unit": "labelled events per second, one thread",
                **vars(arguments),
            },
            "machine": machine(),
            "results": {f"{name}, events/s": rate for name, rate in found.items()},
            "ratios": ratios,
            "goals": {
                f"{slowest}: task / river": {"goal": f">= {GOAL}", "got": got, "met": got >= GOAL}
            },
        },
        as_json=arguments.json,
    )


def cases(events: int, rounds: int) -> dict[str, Case]:
    """By model, what each place does with a round of events."""
    from river.datasets import Phishing

    data = list(islice(cycle(Phishing()), events))
    turns = [_records(data, turn * events) for turn in range(rounds)]
    return {name: _case(steps, data, turns) for name, steps in MODELS.items()}


def _case(steps: str, data: Data, turns: list[list[Record]]) -> Case:
    from models.online.build import build
    from models.online.predictor import Predictor
    from stream.settings import loads
    from stream.tasks.predict import PredictTask

    settings = loads(CONFIG.format(steps=steps))
    config = settings.predictors["sites"].config()
    alone = build(config.models["model"], config.seed, "the benchmark")
    models = Predictor(config)
    state = PredictTask(settings, "sites").open(TopicPartition("sites", 0))

    def river(_: int) -> None:
        for x, y in data:
            alone.predict_proba_one(x)
            alone.learn_one(x, y)

    def asked(turn: int) -> None:
        for at, (x, y) in enumerate(data, turn * len(data)):
            models.predict_one(str(at), x, float(at))
            models.learn_one(str(at), y, float(at))

    def whole(turn: int) -> None:
        for start in range(0, len(data), BATCH):
            state.process(turns[turn][start : start + BATCH])

    return Case(river, asked, whole)


def _records(data: Data, first: int) -> list[Record]:
    values = ({"id": at, "at": at, "phishing": y, **x} for at, (x, y) in enumerate(data, first))
    return [
        Record("sites", 0, at, at, None, json.dumps(value).encode(), ())
        for at, value in enumerate(values, first)
    ]


if __name__ == "__main__":
    main()
