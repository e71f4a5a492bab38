"""The demo with its API: worker, server and the demo's data in one process."""

from __future__ import annotations

import logging
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from types import FrameType

from prometheus_client import CollectorRegistry
from rich.console import Console

from api.server import serve
from models.detector import compile_kernels
from stream.cli.console import stdout
from stream.cli.logs import log_to_stderr
from stream.cli.options import opened_log
from stream.cli.service import check_topics, make_worker, running
from stream.demo.findings import compare, findings, read_scores
from stream.demo.play import Player, watch
from stream.demo.report import found_table, live_summary, sentences
from stream.demo.series import SERIES
from stream.demo.stage import fresh_stage
from stream.settings import Settings
from stream.transports import Transport


def show(*, once: bool, port: int | None, directory: Path) -> None:
    """Play the demo. With `once` it ends when the data is done, else it serves until a signal.

    Raises CutstreamError.
    """
    console = stdout()
    log_to_stderr(logging.WARNING)
    stop = Event()
    registry = CollectorRegistry()
    with fresh_stage(directory) as settings, opened_log(settings.log, create=True) as log:
        worker = make_worker(settings, registry)
        chosen = _usual_port_or_any(settings) if port is None else port
        server = serve(settings, log, worker, registry, port=chosen)
        console.print("Preparing the models (the first time, their kernels are compiled) ...")
        compile_kernels()
        check_topics(settings, log)
        with _setting_on_signals(stop), server, running(worker):
            console.print(f"The API listens on {server.url}", soft_wrap=True)
            players = [Player(log, series, settings.detectors[series.name]) for series in SERIES]
            for player in players:
                player.start()
            with live_summary(console) as summary:
                complete = watch(players, summary, stop, lambda: worker.status().live)
            if complete:
                _tell(console, log, players)
                _where_to_go(console, server.url, settings.broker)
                if not once:
                    stop.wait()


def _usual_port_or_any(settings: Settings) -> int:
    """The port of the settings, or 0 for any free one if somebody else has it."""
    try:
        with socket.create_server((settings.api.host, settings.api.port)):
            return settings.api.port
    except OSError:
        return 0


@contextmanager
def _setting_on_signals(stop: Event) -> Iterator[None]:
    """Let SIGINT and SIGTERM set `stop`; after the first, they do again what they did before."""
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.getsignal(number) for number in numbers]

    def restore() -> None:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)

    def note(_number: int, _frame: FrameType | None) -> None:
        stop.set()
        restore()

    for number in numbers:
        signal.signal(number, note)
    try:
        yield
    finally:
        restore()


def _tell(console: Console, log: Transport, players: list[Player]) -> None:
    for player in players:
        known = player.series.known()
        compared = compare(read_scores(log, player.detector.output.topic), known)
        console.print()
        console.print(found_table(player.series.name, findings(player.flagged), known))
        for sentence in sentences(player.series.name, player.series.source, compared):
            console.print(sentence, soft_wrap=True)


def _where_to_go(console: Console, url: str, broker: str) -> None:
    console.print()
    for line in (
        f"API      {url}/v1/detectors  {url}/v1/detectors/water/scores?status=anomaly",
        f"Metrics  {url}/metrics",
        f"Log      cutstream topics tail water.scores --broker {broker}",
    ):
        console.print(line, soft_wrap=True)
