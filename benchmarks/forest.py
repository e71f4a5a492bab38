"""The random cut forest next to its peers: points per second, latency, memory, saved size.

    python -m benchmarks.forest [--json] [--quick]

Prints a table, or with --json one object: protocol, machine, results, ratios, goals.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from typing import Any

import numpy as np

from benchmarks.measure import latencies, milliseconds, one_thread, rates, resident_bytes
from benchmarks.peers import Peer, Shape
from benchmarks.peers.didactic import Rrcf
from benchmarks.peers.halfspace import HalfSpace
from benchmarks.peers.ours import Ours, OursByVerb
from benchmarks.peers.rust import Rcf3
from benchmarks.report import machine, show
from models.forest import RandomCutForest

SHAPES = [Shape(1, 1), Shape(1, 8), Shape(5, 4), Shape(1, 48), Shape(32, 1)]
TYPICAL = Shape(1, 8)
WARMUP = 12_000
GOAL_RUST, GOAL_RRCF, GOAL_KIB, GOAL_SAVED_KIB = 2.0, 100.0, 600.0, 100.0


def stream(shape: Shape, n: int) -> np.ndarray:
    """(n, features): sines of amplitude 5 with unit normal noise, each feature in its own phase."""
    t = np.arange(n)[:, None] * (2 * np.pi / 50) + np.arange(shape.features)
    return 5 * np.sin(t) + np.random.default_rng(7).normal(size=(n, shape.features))


def part(records: np.ndarray, size: int, i: int) -> np.ndarray:
    """The i-th chunk after the warm-up."""
    start = WARMUP + i * size
    return records[start : start + size]


def throughput(shape: Shape, rounds: int, chunk: int) -> dict[str, float]:
    """Points per second of every peer at one shape."""
    records = stream(shape, WARMUP + (rounds + 1) * chunk)
    ours, rust, rrcf, half_space = Ours(shape), Rcf3(shape), Rrcf(shape), HalfSpace(shape)
    ours_learns, rust_learns = Ours(shape), Rcf3(shape)
    warmups: list[tuple[Peer, int]] = [(rrcf, 400), (half_space, 600)]
    warmups += [(peer, WARMUP) for peer in (ours, rust, ours_learns, rust_learns)]
    for peer, n in warmups:
        peer.warm(records[WARMUP - n : WARMUP])

    def task(
        size: int, work: Callable[[np.ndarray], None], ahead: int = 0
    ) -> tuple[int, Callable[[int], None]]:
        return size, lambda i: work(part(records, size, i + ahead))

    return rates(
        {
            "score + learn, ours": task(chunk, ours.score_learn),
            "score + learn, rcf3": task(chunk, rust.score_learn),
            "score + learn, rrcf": task(6, rrcf.score_learn),
            "score + learn, HalfSpaceTrees": task(60, half_space.score_learn),
            # Records not learned yet, each as if it came next: equal points would be found too easily.
            "score, ours": task(chunk, ours.score, ahead=1),
            "score, rcf3": task(chunk, rust.score, ahead=1),
            "learn, ours": task(chunk, ours_learns.learn),
            "learn, rcf3": task(chunk, rust_learns.learn),
        },
        rounds,
    )


def one_at_a_time(shape: Shape, n: int) -> dict[str, float]:
    """Latency of score + learn where every record is a call of its own."""
    records = stream(shape, WARMUP + n)
    results = {}
    for name, peer in {
        "ours, arena": Ours(shape),
        "ours, score_one + learn_one": OursByVerb(shape),
        "rcf3": Rcf3(shape),
    }.items():
        peer.warm(records[:WARMUP])
        call = partial(lambda peer, i: peer.score_learn(part(records, 1, i)), peer)
        median, high = latencies(call, n)
        results[f"{shape} one at a time, {name}, p50 (us)"] = median
        results[f"{shape} one at a time, {name}, p99 (us)"] = high
    return results


def memory(shape: Shape, forests: int) -> dict[str, float]:
    """KiB of one full forest: by count, and by growth of a process over many."""
    results = {}
    for name, fill in {"ours": many_of_ours, "rcf3": many_of_rcf3}.items():
        # A new process each, whose memory holds nothing that could be used again.
        with ProcessPoolExecutor(1, get_context("spawn")) as process:
            grown = process.submit(growth, fill, shape, forests).result()
        results[f"{shape} memory of one forest of {forests}, {name}, process growth (KiB)"] = grown
    ours = Ours(shape)
    ours.warm(stream(shape, WARMUP))
    counted = ours.arena.slot_nbytes(ours.slot) / 1024
    results[f"{shape} memory of one forest, ours, counted (KiB)"] = counted
    return results


def growth(fill: Callable[[Shape, int], object], shape: Shape, forests: int) -> float:
    """KiB by which this process grows per full forest."""
    fill(shape, 1)
    before = resident_bytes()
    kept = fill(shape, forests)
    grown = resident_bytes() - before
    del kept
    return grown / forests / 1024


def many_of_ours(shape: Shape, forests: int) -> object:
    """One arena, as a detector of many keys has it."""
    ours = Ours(shape)
    for _ in range(forests):
        ours.warm(stream(shape, WARMUP // 3))
        ours.slot = ours.arena.open_slot(42)
    return ours


def many_of_rcf3(shape: Shape, forests: int) -> object:
    """A forest each."""
    kept = [Rcf3(shape) for _ in range(forests)]
    for forest in kept:
        forest.warm(stream(shape, WARMUP // 3))
    return kept


def saved(shape: Shape) -> dict[str, float]:
    """Size of a full forest's saved state, and how long saving and loading take."""
    forest = OursByVerb(shape).forest
    forest.learn_many(stream(shape, WARMUP))
    state = forest.dump()
    return {
        f"{shape} saved state, ours (KiB)": len(state) / 1024,
        f"{shape} save, ours (ms)": milliseconds(forest.dump),
        f"{shape} load, ours (ms)": milliseconds(lambda: RandomCutForest.from_bytes(state)),
    }


def measure(*, quick: bool) -> dict[str, Any]:
    """The whole report."""
    rounds, chunk = (3, 1_000) if quick else (9, 3_000)
    results: dict[str, float] = {}
    ratios: dict[str, float] = {}
    goals: dict[str, dict[str, Any]] = {}
    for shape in SHAPES:
        found = throughput(shape, rounds, chunk)
        results |= {f"{shape} {name} (points/s)": rate for name, rate in found.items()}
        for peer in ("rcf3", "rrcf", "HalfSpaceTrees"):
            ratio = found["score + learn, ours"] / found[f"score + learn, {peer}"]
            ratios[f"{shape} score + learn, ours / {peer}"] = ratio
        for work in ("score", "learn"):
            ratio = found[f"{work}, ours"] / found[f"{work}, rcf3"]
            ratios[f"{shape} {work}, ours / rcf3"] = ratio
        for peer, wanted in (("rcf3", GOAL_RUST), ("rrcf", GOAL_RRCF)):
            name = f"{shape} score + learn, ours / {peer}"
            goals[name] = at_least(wanted, ratios[name])
    for shape in (TYPICAL, Shape(5, 4)):
        results |= one_at_a_time(shape, 500 if quick else 5_000)
    for shape in SHAPES:
        results |= saved(shape)
    results |= memory(TYPICAL, 10 if quick else 100)
    counted = results[f"{TYPICAL} memory of one forest, ours, counted (KiB)"]
    goals[f"{TYPICAL} memory of one forest (KiB)"] = at_most(GOAL_KIB, counted)
    kept = results[f"{TYPICAL} saved state, ours (KiB)"]
    goals[f"{TYPICAL} saved state (KiB)"] = at_most(GOAL_SAVED_KIB, kept)
    return {
        "protocol": (
            "50 trees of 256, default time decay, noisy sine, one thread; ours and rcf3 after "
            f"{WARMUP} records, rrcf after 256 points, HalfSpaceTrees after 600; medians of "
            f"{rounds} interleaved rounds, in processor seconds; ours takes a batch per call, the others a record"
        ),
        "machine": machine(),
        "results": results,
        "ratios": ratios,
        "goals": goals,
    }


def at_least(goal: float, got: float) -> dict[str, Any]:
    """A goal that is met from above."""
    return {"goal": f">= {goal:g}", "got": got, "met": got >= goal}


def at_most(goal: float, got: float) -> dict[str, Any]:
    """A goal that is met from below."""
    return {"goal": f"<= {goal:g}", "got": got, "met": got <= goal}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--quick", action="store_true", help="fewer rounds: rough figures")
    given = parser.parse_args()
    one_thread("benchmarks.forest")
    show(measure(quick=given.quick), as_json=given.json)


if __name__ == "__main__":
    main()
