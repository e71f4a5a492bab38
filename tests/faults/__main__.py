"""Faults on a real Kafka that must lose and double nothing; brokers are started as needed.

python -m tests.faults --json
python -m tests.faults --scenario sleep --scenario leader --client confluent
python -m tests.faults --broker kafka://127.0.0.1:9092 --task detect
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import get_args

import structlog

from stream.transports.kafka.options import Client
from tests.faults.scenario import Ground, Outcome
from tests.faults.table import SCENARIOS


def main() -> int:
    """Play the scenarios, one after another; 0 if all passed."""
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    arguments = _arguments()
    outcomes: dict[str, Outcome] = {}
    for name in arguments.scenario or SCENARIOS:
        with TemporaryDirectory(prefix="cutstream-faults-") as folder:
            ground = Ground(
                folder=Path(folder),
                broker=arguments.broker,
                client=arguments.client,
                task=arguments.task,
                events=arguments.events,
                seed=arguments.seed,
                times=arguments.times,
            )
            outcomes[name] = SCENARIOS[name](ground)
        if not arguments.json:
            _say(_sentence(name, outcomes[name]))
    if arguments.json:
        results = {name: outcome.as_dict() for name, outcome in outcomes.items()}
        _say(json.dumps({"plan": vars(arguments), "results": results}, indent=2))
    return 0 if all(outcome.passed for outcome in outcomes.values()) else 1


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _sentence(name: str, outcome: Outcome) -> str:
    verdict = "identical" if outcome.passed else f"DIFFERENT at {', '.join(outcome.differences)}"
    counted = ", ".join(f"{figure} {value:g}" for figure, value in outcome.figures.items())
    return f"{name}: {verdict}; {outcome.outputs} outputs, {counted}; {outcome.seconds} s"


def _arguments() -> argparse.Namespace:
    meanings = "\n".join(
        f"  {name:<9}{(scenario.__doc__ or '').splitlines()[0]}"
        for name, scenario in SCENARIOS.items()
    )
    parser = argparse.ArgumentParser(
        prog="python -m tests.faults",
        description=f"{__doc__}\nscenarios:\n{meanings}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--scenario", action="append", choices=list(SCENARIOS))
    parser.add_argument("--broker", help="kafka:// URL for what leaves its broker in peace")
    parser.add_argument("--client", choices=get_args(Client), default="kafka-python")
    parser.add_argument("--task", choices=("toy", "detect"), default="toy")
    parser.add_argument("--events", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--times", type=int, default=3, help="how often a fault is repeated")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
