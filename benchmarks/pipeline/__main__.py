"""End to end on one log: decode, shingle, score, learn, decide, encode, commit.

    python -m benchmarks.pipeline [--json] [--quick]
    python -m benchmarks.pipeline --broker kafka://127.0.0.1:9092 --client confluent --rate 2000 10000
    python -m benchmarks.pipeline --broker auto --parts throughput latency restart rebalance

Prints a table, or with --json one object: protocol, machine, results, ratios, goals.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.measure import one_thread, quiet
from benchmarks.pipeline import bare, latency, loop, models_alone, restart
from benchmarks.pipeline.stage import BATCH, PARTITIONS, Log, Stage
from benchmarks.report import machine, show
from models.detector import compile_kernels
from stream.transports import KafkaOptions

PARTS = ("throughput", "latency", "restart", "rebalance")


@contextmanager
def log_at(broker: str, client: str) -> Iterator[Log]:
    """The log of a URL; `auto` starts a Kafka of its own."""
    options = KafkaOptions(client="confluent" if client == "confluent" else "kafka-python")
    with tempfile.TemporaryDirectory() as folder:
        if broker == "sqlite":
            yield Log(f"sqlite:///{folder}/bench.db", None)
        elif broker == "auto":
            from tests.broker.broker import Broker

            kafka = Broker(Path(folder))
            kafka.start()
            try:
                yield Log(f"kafka://{kafka.address}", options)
            finally:
                kafka.stop()
        else:
            yield Log(broker, options)


def throughput(log: Log, n: int, keys: int, rounds: int, report: dict[str, Any]) -> None:
    """The loop against the bare client in turns, then with the model."""
    ours, client = [], []
    loop.without_model(Stage(log, "warm"), n // 10, keys)
    for _ in range(rounds):
        client.append(bare.rate(Stage(log, "bare"), n, keys))
        ours.append(loop.without_model(Stage(log, "loop"), n, keys))
    loop.with_model(Stage(log, "warm"), 2000, 20)
    whole = loop.with_model(Stage(log, "detector"), n, keys)
    bank, forest = models_alone.detector_bank(n, keys), models_alone.forest(n, keys)
    bare_rate, loop_rate = median(client), median(ours)
    report["results"] |= {
        "bare client, events/s": bare_rate,
        "loop without a model, events/s": loop_rate,
        "detector 1x8, end to end, events/s": whole,
        "detector bank alone, events/s": bank,
        "its forest alone, events/s": forest,
    }
    report["ratios"] |= {
        "loop without a model / bare client": loop_rate / bare_rate,
        "end to end / detector bank alone": whole / bank,
        "share of time that is not the forest": 1.0 - whole / forest,
    }
    _goal(report, "events/s end to end >= 10000", 10_000, whole)
    _goal(report, "end to end / forest >= 0.6", 0.6, whole / forest)
    _goal(report, "loop / bare client >= 0.85", 0.85, loop_rate / bare_rate)


def _goal(report: dict[str, Any], name: str, goal: float, got: float) -> None:
    report["goals"][name] = {"goal": goal, "got": got, "met": got >= goal}


def run(log: Log, given: argparse.Namespace) -> dict[str, Any]:
    """Every part that was asked for."""
    tenth = 10 if given.quick else 1
    n, keys, seconds = given.events // tenth, max(given.keys // tenth, 4), given.seconds / tenth
    report: dict[str, Any] = {
        "protocol": {
            "log": log.url.split(":")[0],
            "client": log.kafka.client if log.kafka and log.url.startswith("kafka") else "sqlite3",
            "events": n,
            "keys": keys,
            "partitions": PARTITIONS,
            "detector": "1 feature x shingle 8, 50 trees x 256",
            "batch": BATCH,
            "throughput": f"from a quarter of the events on; no snapshot falls due; bare client and loop in turns, "
            f"median of {given.rounds}",
            "latency": f"forests filled with {latency.WARM} records a key, then {seconds:g} s at each rate",
            "restart": "from the worker's start to ready, kernels compiled, 4 partitions in one worker",
            "rebalance": "the longest pause of any partition while a second worker joins and leaves",
        },
        "machine": machine(),
        **{part: {} for part in ("results", "ratios", "goals")},
    }
    results = report["results"]
    if "throughput" in given.parts:
        throughput(log, n, keys, given.rounds, report)
    for rate in given.rate if "latency" in given.parts else ():
        waits = latency.at_rate(Stage(log, "latency"), keys, rate, seconds)
        results[f"produce to committed score at {rate:.0f}/s, p50 ms"] = waits["p50_ms"]
        results[f"produce to committed score at {rate:.0f}/s, p99 ms"] = waits["p99_ms"]
        results[f"scored at {rate:.0f}/s, events/s"] = waits["scored_per_s"]
    for many in given.restart_keys if "restart" in given.parts else ():
        found = restart.seconds_to_ready(
            Stage(log, "restart"), many // tenth, given.records_per_key
        )
        name = f"restart with {many // tenth} keys"
        results[f"{name}, behind a clean stop, s"] = found["clean_s"]
        results[f"{name}, behind a hard end, s"] = found["hard_s"]
        results[f"{name}, behind a hard end, records replayed"] = found["replayed"]
    if "rebalance" in given.parts:
        gaps = latency.rebalance(Stage(log, "rebalance"), keys, 1000.0, 3 * seconds)
        results |= {f"longest pause, {name.removesuffix('_s')}, s": s for name, s in gaps.items()}
    return report


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.pipeline",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--broker", default="sqlite", help="kafka://host:port, `auto`, or `sqlite`")
    parser.add_argument("--client", choices=("kafka-python", "confluent"), default="kafka-python")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=["throughput", "latency"])
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--keys", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3, help="of the loop and of the bare client")
    parser.add_argument("--rate", type=float, nargs="*", default=[2000.0, 5000.0])
    parser.add_argument("--seconds", type=float, default=10.0, help="per rate, of the latency run")
    parser.add_argument("--restart-keys", type=int, nargs="*", default=[1000, 20_000])
    parser.add_argument("--records-per-key", type=int, default=30, help="of the restart")
    parser.add_argument("--quick", action="store_true", help="a tenth of everything")
    given = parser.parse_args()
    quiet()
    compile_kernels()
    with log_at(given.broker, given.client) as log:
        report = run(log, given)
    show(report, as_json=given.json)


if __name__ == "__main__":
    one_thread("benchmarks.pipeline")
    main()
