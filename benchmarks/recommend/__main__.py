"""Recommendations: how good they are, and how fast.

    python -m benchmarks.recommend --data DIR [--json]
    python -m benchmarks.recommend --data DIR --least 6 --ablations
    python -m benchmarks.recommend --parts kernels queries

DIR holds ratings.dat and movies.dat as MovieTweetings has them (github.com/sidooms/MovieTweetings, MIT). Prints a
table, or with --json one object: protocol, machine, results, ratios, goals.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from benchmarks.measure import one_thread
from benchmarks.recommend import quality, queries, updates
from benchmarks.report import machine, show
from models.recommend.config import ModelName

PARTS = ("quality", "kernels", "queries")
RECALL, UPDATES, QUESTIONS = 0.33, 120_000, 10_000
"""What is aimed at."""
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
        _goal(report, f"{name}, questions/s", QUESTIONS, results[f"{name}, questions/s"])


def _goal(report: dict[str, Any], name: str, goal: float, got: float) -> None:
    report["goals"][name] = {"goal": goal, "got": got, "met": got >= goal}


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
    given = parser.parse_args()
    if "quality" in given.parts and given.data is None:
        parser.error("--data must be the folder of ratings.dat and movies.dat")
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
    show(report, as_json=given.json)


if __name__ == "__main__":
    one_thread("benchmarks.recommend")
    main()
