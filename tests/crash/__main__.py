"""The crash test at full size.

python -m tests.crash --events 40000 --kills 10 --seeds 3 --json
python -m tests.crash --task detect --trees 10 --sample-size 64
python -m tests.crash --task recommend
python -m tests.crash --broker auto --client confluent --task detect
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import get_args

import structlog

from stream.transports.kafka.options import Client
from tests.broker.broker import started
from tests.crash.campaign import Plan, Verdict, run_plan
from tests.crash.config import TASKS


def main() -> int:
    """Run the plan once per seed; 0 if every run was identical."""
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    arguments = _arguments()
    verdicts = []
    with (
        TemporaryDirectory(prefix="cutstream-crash-") as folder,
        broker_of(arguments.broker, Path(folder)) as broker,
    ):
        for seed in range(1, arguments.seeds + 1):
            plan = Plan(
                task=arguments.task,
                broker=broker,
                client=arguments.client,
                events=arguments.events,
                keys=arguments.keys,
                kills=arguments.kills,
                seed=seed,
                trees=arguments.trees,
                sample_size=arguments.sample_size,
                batch_size=arguments.batch_size,
                snapshot_every=arguments.snapshot_every,
                bulk=arguments.bulk,
            )
            began = perf_counter()
            verdicts.append(run_plan(plan, Path(folder) / str(seed)))
            if not arguments.json:
                _say(_sentence(verdicts[-1], perf_counter() - began))
    if arguments.json:
        report = {"plan": vars(arguments), "results": [v.as_dict() for v in verdicts]}
        _say(json.dumps(report, indent=2))
    return 0 if all(verdict.identical for verdict in verdicts) else 1


@contextmanager
def broker_of(wanted: str | None, folder: Path) -> Iterator[str | None]:
    """The URL of the broker, started if it is to be."""
    if wanted != "auto":
        yield None if wanted == "sqlite" else wanted
        return
    with started(folder / "broker") as broker:
        yield f"kafka://{broker.address}"


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.crash",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--broker",
        help="kafka://host:port, or auto to start one; sqlite (the default) is the SQLite log",
    )
    parser.add_argument("--client", choices=get_args(Client), default="kafka-python")
    parser.add_argument("--task", choices=TASKS, default="toy")
    for name, default in (
        ("events", 40_000),
        ("keys", 200),
        ("kills", 10),
        ("seeds", 3),
        ("trees", 10),
        ("sample-size", 64),
        ("batch-size", 100),
        ("snapshot-every", 2000),
        ("bulk", 0),
    ):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser.parse_args()


def _sentence(v: Verdict, seconds: float) -> str:
    verdict = "identical" if v.identical else f"DIFFERENT at {', '.join(v.differences)}"
    return (
        f"seed {v.seed}: {verdict}; {v.outputs} outputs, {v.kills} kills ({v.kills_at_work} at "
        f"work), {v.lives} lives, "
        f"{v.replayed} events replayed in {v.replays} replays (longest {v.longest_replay}), "
        f"{v.mismatches} mismatches, {v.left_to_replay} left to replay; {seconds:.1f} s"
    )


if __name__ == "__main__":
    sys.exit(main())
