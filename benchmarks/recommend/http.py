"""Recommendations over HTTP: how long requests take that arrive at random, so many a second on the average.

One API process follows a log from which it has learned a made-up crowd; this process asks it over loopback, each time
for another user, while interactions go on arriving in the log. Arrivals are open-loop: a request's time counts from the
moment at which it was due, so what waits behind a slow one is counted too.

    python -m benchmarks.recommend.http [--rate 1000] [--seconds 20] [--json]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Any, NamedTuple

import numpy as np
import yaml
from numpy.typing import NDArray

from benchmarks.recommend.crowd import Crowd, user_name
from benchmarks.recommend.shop import NAME, Shop, opened_shop, until
from benchmarks.report import machine, show

CROWD = Crowd(users=10_000, items=10_000)
GOAL_MS = 10.0
CONNECTIONS = 64
WARMUP = 1_000
"""Requests that are not counted, at a quarter of the rate."""
API = "import sys; from api.cli import main; sys.argv[0] = 'cutstream'; main()"


class Served(NamedTuple):
    """Where the API listens, and its process."""

    host: str
    port: int
    pid: int

    def processor_seconds(self) -> float:
        """The time that processors have spent on it so far."""
        fields = (
            Path(f"/proc/{self.pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
        )
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def served(shop: Shop, folder: Path) -> Iterator[Served]:
    """An API process that follows the shop's log, once it has learned all that is in it."""
    config = folder / "api.yaml"
    document = shop.settings.model_dump(mode="json", include={"broker"})
    recommender = shop.settings.recommenders[NAME]
    config.write_text(
        yaml.safe_dump(
            {
                **document,
                "api": {"follow": True},
                "recommenders": {NAME: recommender.model_dump(mode="json", exclude_defaults=True)},
            }
        )
    )
    command = [sys.executable, "-c", API, "api", str(config), "--port", "0"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        port = _port(process)
        until(lambda: _ready(port))
        yield Served("127.0.0.1", port, process.pid)
    finally:
        process.terminate()
        process.communicate(timeout=30)


def _port(process: subprocess.Popen[str]) -> int:
    assert process.stderr is not None
    for line in process.stderr:
        found = re.search(r"listens on http://127\.0\.0\.1:(\d+)", line)
        if found:
            # What it logs from now on must not fill the pipe.
            Thread(target=process.stderr.read, daemon=True).start()
            return int(found[1])
    raise RuntimeError("The API did not start.")


def _ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=10) as answer:
            return bool(json.load(answer)["ready"])
    except OSError:
        return False


@contextmanager
def arriving(shop: Shop, before: int, rate: int) -> Iterator[None]:
    """So many interactions a second go on arriving for the length of a block."""
    stop = Event()

    def append() -> None:
        first = before
        with shop.opened() as log:
            while not stop.wait(0.1):
                shop.append(log, max(1, rate // 10), first)
                first += max(1, rate // 10)

    thread = Thread(target=append)
    if rate:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        if rate:
            thread.join()


async def ask(host: str, port: int, paths: list[str], due: list[float]) -> list[float]:
    """Seconds that each request took from when it was due, `due` seconds from the start."""
    queue: asyncio.Queue[tuple[int, float]] = asyncio.Queue()
    took = [0.0] * len(paths)
    askers = [
        asyncio.create_task(_ask_one_by_one(host, port, paths, queue, took))
        for _ in range(CONNECTIONS)
    ]
    start = time.perf_counter()
    for number, moment in enumerate(due):
        left = start + moment - time.perf_counter()
        if left > 0:
            # The clock is what paces arrivals: nothing is waited for here.
            await asyncio.sleep(left)
        queue.put_nowait((number, start + moment))
    await queue.join()
    for asker in askers:
        asker.cancel()
    await asyncio.gather(*askers, return_exceptions=True)
    return took


async def _ask_one_by_one(
    host: str,
    port: int,
    paths: list[str],
    queue: asyncio.Queue[tuple[int, float]],
    took: list[float],
) -> None:
    reader, writer = await asyncio.open_connection(host, port)
    try:
        while True:
            number, due = await queue.get()
            writer.write(f"GET {paths[number]} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200 "), head
            length = re.search(rb"\r\ncontent-length: (\d+)", head, re.IGNORECASE)
            assert length is not None, head
            await reader.readexactly(int(length[1]))
            took[number] = time.perf_counter() - due
            queue.task_done()
    finally:
        writer.close()


def latencies(api: Served, rate: float, seconds: float) -> dict[str, float]:
    """Percentiles in milliseconds, the rate that was kept up, and what a request costs."""
    _asked(api, rate / 4.0, WARMUP)
    n = int(rate * seconds)
    begin, spent = time.perf_counter(), api.processor_seconds()
    took = _asked(api, rate, n)
    kept_up = n / (time.perf_counter() - begin)
    spent = api.processor_seconds() - spent
    name = f"GET recommendations at {rate:,.0f}/s"
    found = {f"{name}, p{p:g} ms": float(np.percentile(took, p)) for p in (50, 90, 99, 99.9)}
    return {
        **found,
        f"{name}, answered/s": kept_up,
        f"{name}, processor us a request (learning included)": spent / n * 1e6,
    }


def _asked(api: Served, rate: float, n: int) -> NDArray[np.float64]:
    """Milliseconds that each of n requests took, each for another user, at random moments."""
    rng = np.random.default_rng(n)
    due = np.cumsum(rng.exponential(1.0 / rate, n)).tolist()
    users = rng.integers(0, CROWD.users, n).tolist()
    paths = [f"/v1/recommenders/{NAME}/users/{user_name(u)}/recommendations?n=10" for u in users]
    return np.array(asyncio.run(ask(api.host, api.port, paths, due))) * 1000.0


def over_http(events: int, rate: float, seconds: float, arrivals: int) -> dict[str, float]:
    """The API's latencies after so many events, while others arrive."""
    with opened_shop(CROWD) as shop, shop.opened() as log:
        shop.append(log, events)
        folder = Path(shop.settings.broker.removeprefix("sqlite:///")).parent
        with served(shop, folder) as api, arriving(shop, events, arrivals):
            return latencies(api, rate, seconds)


def report(results: dict[str, float], rate: float) -> dict[str, Any]:
    """The benchmark's report."""
    got = results[f"GET recommendations at {rate:,.0f}/s, p99 ms"]
    return {
        "protocol": __doc__,
        "machine": machine(),
        "results": results,
        "ratios": {},
        "goals": {
            f"HTTP p99 at {rate:,.0f} requests/s below {GOAL_MS:g} ms": {
                "goal": GOAL_MS,
                "got": got,
                "met": got < GOAL_MS,
            }
        },
    }


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=50_000, help="learned before")
    parser.add_argument("--rate", type=float, default=1000.0, help="requests a second")
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--arrivals", type=int, default=100, help="interactions a second meanwhile")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    results = over_http(given.events, given.rate, given.seconds, given.arrivals)
    show(report(results, given.rate), as_json=given.json)


if __name__ == "__main__":
    main()
