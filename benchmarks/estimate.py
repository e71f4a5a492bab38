"""How near `cutstream estimate` comes: `python -m benchmarks.estimate --json`.

Each figure is estimated, and measured: the memory of a key as what a process grows by over many keys that learn in
turns, young ones and full ones, at rest and with boxes; its snapshot as the mean of real ones; and how many events a
core takes. Noisy sines; one thread.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.measure import note, one_thread, resident_bytes
from benchmarks.report import machine, show
from models.detector.bank import DetectorBank
from models.detector.config import DetectorConfig
from stream.estimate import Workload, calibrated, estimate, speed

WITHIN = 0.1
"""What an estimate may be off by."""
FULL = 3_000
SNAPSHOTS = 20
TURN = 25
"""Records of a key in a row, while all keys learn in turns."""


class Case(NamedTuple):
    """A detector, and what each of its keys has seen."""

    name: str
    config: DetectorConfig
    records: int
    keys: int


def detector(
    features: int, shingle: int, sample_size: int = 256, trees: int = 50
) -> DetectorConfig:
    """A detector of so many features."""
    return DetectorConfig(
        features=tuple(f"feature_{i}" for i in range(features)),
        shingle_size=shingle,
        sample_size=sample_size,
        n_trees=trees,
    )


SHAPES = {
    "1x1": detector(1, 1),
    "1x8": detector(1, 8),
    "5x4": detector(5, 4),
    "1x48": detector(1, 48),
    "32x1": detector(32, 1),
    "1x8, 128 samples": detector(1, 8, 128),
    "1x8, 512 samples": detector(1, 8, 512),
    "1x8, 100 trees": detector(1, 8, trees=100),
}


def main() -> None:
    """Measure and print."""
    one_thread("benchmarks.estimate")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument(
        "--keys", type=int, default=100, help="full keys, twice; five times as many young"
    )
    parser.add_argument("--rounds", type=int, default=5, help="rounds of the speed's measuring")
    arguments = parser.parse_args()
    found: dict[str, tuple[float, float]] = {}
    for case in cases(arguments.keys):
        note(f"memory and snapshots: {case.name}, {case.records:,} records")
        found |= memory_and_snapshots(case)
    note("speed")
    found |= speeds(arguments.rounds)
    ratios = {f"{name}: estimated / measured": a / b for name, (a, b) in found.items()}
    show(
        {
            "protocol": {"data": "noisy sines", "full": FULL, "turn": TURN, **vars(arguments)},
            "machine": machine(),
            "results": {f"{name}, measured": b for name, (_, b) in found.items()},
            "ratios": ratios,
            "goals": {
                name: {
                    "goal": f"<= {WITHIN}",
                    "got": abs(a / b - 1),
                    "met": abs(a / b - 1) <= WITHIN,
                }
                for name, (a, b) in found.items()
            },
        },
        as_json=arguments.json,
    )


def cases(keys: int) -> list[Case]:
    """Young keys and full ones of every shape."""
    return [
        Case(name, config, records, keys if records == FULL else 5 * keys)
        for name, config in SHAPES.items()
        for records in (50, 500, FULL)
    ]


def memory_and_snapshots(case: Case) -> dict[str, tuple[float, float]]:
    """(estimated, measured) of a case."""
    # A new process each, whose memory holds nothing that could be used again.
    with ProcessPoolExecutor(1, get_context("spawn")) as process:
        at_rest, hot, snapshot = process.submit(measured, case).result()
    workload = Workload(name="d", config=case.config, keys=1, records=case.records)
    cost = estimate(workload).key
    told = f"{case.name}, {case.records:,} records"
    return {
        f"{told}: memory at rest (KiB)": (cost.memory / 1024, at_rest / 1024),
        f"{told}: memory with boxes (KiB)": ((cost.memory + cost.boxes) / 1024, hot / 1024),
        f"{told}: snapshot (KiB)": (cost.snapshot / 1024, snapshot / 1024),
    }


def measured(case: Case) -> tuple[float, float, float]:
    """Bytes by which this process grows per key, at rest and with boxes; and of a snapshot.

    Growth counts from half of the keys on: what an arena takes once, in pages of up to 2 MiB, is not a key's.
    """
    bank = DetectorBank(case.config, box_cache=0)
    first, then = range(case.keys), range(case.keys, 2 * case.keys)
    learn(bank, case.records, first)
    before = resident_bytes()
    learn(bank, case.records, then)
    at_rest = resident_bytes() - before
    for slot in first:
        bank.arena.keep_boxes(slot)
    before = resident_bytes()
    for slot in then:
        bank.arena.keep_boxes(slot)
    boxes = resident_bytes() - before
    dumped = [len(bank.dump(key)) for key in bank.keys()[:SNAPSHOTS]]
    return at_rest / case.keys, (at_rest + boxes) / case.keys, statistics.mean(dumped)


def learn(bank: DetectorBank, records: int, keys: range) -> None:
    """Let so many new keys learn, in turns."""
    slots = np.array([bank.slot(f"key-{i:08}".encode()) for i in keys], np.int64)
    draws = np.random.default_rng(keys.start)
    for first in range(0, records, TURN):
        n = min(TURN, records - first)
        turn = np.concatenate([waves(first, n, len(bank.config.features), draws) for _ in slots])
        bank.process(np.repeat(slots, n), turn)


def waves(first: int, n: int, features: int, draws: np.random.Generator) -> NDArray[np.float64]:
    """(n, features) of noisy sines, from a time on."""
    at = np.arange(first, first + n)[:, None]
    return np.sin(2 * np.pi * at / 50 + np.arange(features)) + 0.1 * draws.normal(
        size=(n, features)
    )


def speeds(rounds: int) -> dict[str, tuple[float, float]]:
    """(estimated, measured) events per second of a core, medians of rounds in which both take turns."""
    banks = {name: speed.filled(config) for name, config in SHAPES.items()}
    estimated: dict[str, list[Sequence[float]]] = {name: [] for name in SHAPES}
    taken: dict[str, list[Sequence[float]]] = {name: [] for name in SHAPES}
    for _ in range(rounds):
        known = {
            size: calibrated(replace(SHAPES["1x8"], sample_size=size)) for size in (128, 256, 512)
        }
        for name, config in SHAPES.items():
            workload = Workload(name=name, config=config, keys=1)
            told = known[config.sample_size].processor(workload, estimate(workload))
            estimated[name].append(told[:3])
            taken[name].append(speed.seconds_of(banks[name]))
    found = {}
    for name in SHAPES:
        for i, mode in enumerate(("hot", "compact", "many")):
            a = statistics.median(one[i] for one in estimated[name])
            b = 1 / statistics.median(one[i] for one in taken[name])
            found[f"{name}: {mode} (events/s)"] = a, b
    return found


if __name__ == "__main__":
    main()
