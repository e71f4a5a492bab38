"""Recommendations: how good they are, and how fast.

    python -m benchmarks.recommend --data DIR [--json]
    python -m benchmarks.recommend --data DIR --least 6 --ablations
    python -m benchmarks.recommend --parts kernels queries pipeline freshness restart http

DIR holds ratings.dat and movies.dat as MovieTweetings has them (github.com/sidooms/MovieTweetings, MIT). Prints a
table, or with --json one object: protocol, machine, results, ratios, goals.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from benchmarks.measure import one_thread, quiet
from benchmarks.recommend import http, pipeline, quality, queries, updates
from benchmarks.report import machine, show
from models.recommend.config import ModelName

PARTS = ("quality", "kernels", "queries", "pipeline", "freshness", "restart", "http")
RECALL, UPDATES, QUESTIONS, END_TO_END = 0.33, 120_000, 10_000, 30_000
"""At least this is aimed at."""
QUESTION_US, FRESH_MS, RESTART_S, HTTP_MS = 1_000.0, 1_000.0, 10.0, 10.0
"""At most this is aimed at."""
REQUESTS = 1_000.0
"""A second, over HTTP."""
ABLATIONS: tuple[tuple[ModelName, ...], ...] = (
    ("trending",),
    ("cooccurrence",),
    ("factors",),
    ("content",),
    ("trending", "cooccurrence"),
    ("trending", "cooccurrence", "factors"),
    ("trending", "cooccurrence", "content"),
)


def judge(report: dict[str, Any], data: Path, least: float, *, ablations: bool) -> None:
    """How well liked items are foreseen."""
    report["protocol"]["quality"] = quality.PROTOCOL.replace("`least`", f"{least:g}")
    results = quality.measure(data, least, ABLATIONS if ablations else ())
    report["results"] |= results
    ours = results["hybrid, Recall@10"]
    for name, value in results.items():
        peer, _, figure = name.partition(", ")
        if figure == "Recall@10" and peer != "hybrid":
            report["ratios"][f"hybrid / {peer}, Recall@10"] = ours / value if value else None
    _goal(report, f"Recall@10 >= {RECALL}", RECALL, ours)


def learn(report: dict[str, Any], n: int, rounds: int) -> None:
    """How fast interactions are learned."""
    results = updates.measure(n, rounds)
    report["results"] |= results
    rate = results["hybrid learns, events/s"]
    report["ratios"]["hybrid / River BiasedMF, learned events/s"] = (
        rate / results["River BiasedMF learns, events/s"]
    )
    _goal(report, f"learned events/s >= {UPDATES}", UPDATES, rate)


def ask(report: dict[str, Any], events: int, n: int) -> None:
    """How fast questions are answered."""
    results = queries.measure(events, n)
    report["results"] |= results
    for name in ("top 10 of 100,000", "top 10 of 100,000 of one category"):
        rate = results[f"{name}, questions/s"]
        _goal(report, f"{name}, questions/s >= {QUESTIONS}", QUESTIONS, rate)
        _limit(report, f"{name}, p99 us", QUESTION_US, results[f"{name}, p99 us"])


def run_as_task(report: dict[str, Any], given: argparse.Namespace) -> None:
    """How fast a recommender is as a task on a log, and as an API."""
    results = report["results"]
    if "pipeline" in given.parts:
        results |= pipeline.throughput(6 * given.events)
        rate = results["end to end on SQLite, events/s"]
        _goal(report, f"end to end on SQLite, events/s >= {END_TO_END}", END_TO_END, rate)
    if "freshness" in given.parts:
        results |= pipeline.freshness(given.events, 200)
        name = "event to changed recommendation, p99 ms"
        _limit(report, name, FRESH_MS, results[name])
    if "restart" in given.parts:
        found = pipeline.restart(given.users, 100_000, given.each)
        results |= found
        for name in found:
            if not name.endswith("MB"):
                _limit(report, name, RESTART_S, found[name])
    if "http" in given.parts:
        found = http.over_http(given.events, REQUESTS, 20.0, 100)
        results |= found
        name = f"GET recommendations at {REQUESTS:,.0f}/s, p99 ms"
        _limit(report, name, HTTP_MS, found[name])


def _goal(report: dict[str, Any], name: str, goal: float, got: float) -> None:
    report["goals"][name] = {"goal": goal, "got": got, "met": got >= goal}


def _limit(report: dict[str, Any], name: str, goal: float, got: float) -> None:
    report["goals"][f"{name} < {goal:g}"] = {"goal": goal, "got": got, "met": got < goal}


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.recommend",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--data", type=Path, help="folder of ratings.dat and movies.dat")
    parser.add_argument("--least", type=float, default=8.0, help="the least rating that counts")
    parser.add_argument("--ablations", action="store_true", help="some of the models alone, too")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=["quality"])
    parser.add_argument("--events", type=int, default=50_000, help="learned, per round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--questions", type=int, default=5_000)
    parser.add_argument("--users", type=int, default=1_000_000, help="of the restart")
    parser.add_argument("--each", type=int, default=5, help="interactions of each of them")
    given = parser.parse_args()
    if "quality" in given.parts and given.data is None:
        parser.error("--data must be the folder of ratings.dat and movies.dat")
    quiet()
    report: dict[str, Any] = {
        "protocol": {"parts": given.parts},
        "machine": machine(),
        **{part: {} for part in ("results", "ratios", "goals")},
    }
    if "quality" in given.parts:
        judge(report, given.data, given.least, ablations=given.ablations)
    if "kernels" in given.parts:
        learn(report, given.events, given.rounds)
    if "queries" in given.parts:
        ask(report, 4 * given.events, given.questions)
    run_as_task(report, given)
    show(report, as_json=given.json)


if __name__ == "__main__":
    one_thread("benchmarks.recommend")
    main()
