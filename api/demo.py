"""The demo with its API: worker, server and the demo's data in one process."""

from __future__ import annotations

import logging
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import Event
from types import FrameType
from urllib.parse import quote

from prometheus_client import CollectorRegistry
from rich.console import Console

from api.server import serve
from stream.cli.console import stdout
from stream.cli.logs import log_to_stderr
from stream.cli.options import opened_log
from stream.cli.service import check_topics, compile_kernels, make_worker, running
from stream.demo.films import FILMS, POPULAR, Films, film_records, load_films, recall_so_far
from stream.demo.films import last_measures as last_recall
from stream.demo.findings import compare, findings, read_scores
from stream.demo.phishing import PHISHING, SITES, SOURCE, accuracy_so_far, site_records
from stream.demo.phishing import last_measures as last_accuracy
from stream.demo.play import DetectorPlayer, LogPlayer, Player, watch
from stream.demo.report import films_table, found_table, live_summary, sentences, sites_table
from stream.demo.series import SERIES
from stream.demo.stage import fresh_stage
from stream.settings import Settings
from stream.transports import Transport


def show(
    *,
    once: bool,
    port: int | None,
    directory: Path,
    ratings: Path | None = None,
    items: Path | None = None,
) -> None:
    """Play the demo. With `once` it ends when the data is done, else it serves until a signal.

    ratings, items: files for the recommender; None: made-up ones. Raises CutstreamError.
    """
    console = stdout()
    films = load_films(ratings, items)
    log_to_stderr(logging.WARNING)
    stop = Event()
    registry = CollectorRegistry()
    with fresh_stage(directory) as settings, opened_log(settings.log, create=True) as log:
        worker = make_worker(settings, registry)
        chosen = _usual_port_or_any(settings) if port is None else port
        server = serve(settings, log, worker, registry, port=chosen)
        console.print("Preparing the models (the first time, their kernels are compiled) ...")
        compile_kernels(settings)
        check_topics(settings, log)
        with _setting_on_signals(stop), server, running(worker):
            console.print(f"The API listens on {server.url}", soft_wrap=True)
            detectors = [
                DetectorPlayer(log, series, settings.detectors[series.name]) for series in SERIES
            ]
            players: list[Player] = [*detectors, *_learners(log, settings, films)]
            for player in players:
                player.start()
            with live_summary(console) as summary:
                complete = watch(players, summary, stop, lambda: worker.status().live)
            if complete:
                _tell(console, log, detectors)
                _tell_learned(console, log, settings, films)
                newest = films.ratings[-1].user
                _where_to_go(console, server.url, settings.broker, newest)
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


def _learners(log: Transport, settings: Settings, films: Films) -> list[LogPlayer]:
    """The recommender, another that only knows what is popular, and the predictor."""
    film, popular = settings.recommenders[FILMS], settings.recommenders[POPULAR]
    sites = settings.predictors[PHISHING]
    return [
        LogPlayer(
            log,
            FILMS,
            film,
            films.rows,
            partial(film_records, films, film),
            partial(recall_so_far, log, film),
        ),
        LogPlayer(
            log, POPULAR, popular, len(films.ratings), None, partial(recall_so_far, log, popular)
        ),
        LogPlayer(
            log,
            PHISHING,
            sites,
            2 * SITES,
            partial(site_records, sites),
            partial(accuracy_so_far, log, sites),
        ),
    ]


def _tell_learned(console: Console, log: Transport, settings: Settings, films: Films) -> None:
    names = (FILMS, POPULAR)
    measured = {name: last_recall(log, settings.recommenders[name]) for name in names}
    console.print()
    console.print(films_table(films.source, measured))
    predicted = last_accuracy(log, settings.predictors[PHISHING])
    if predicted is not None:
        console.print()
        console.print(sites_table(SOURCE, predicted))


def _tell(console: Console, log: Transport, players: list[DetectorPlayer]) -> None:
    for player in players:
        known = player.series.known()
        compared = compare(read_scores(log, player.detector.output.topic), known)
        console.print()
        console.print(found_table(player.series.name, findings(player.flagged), known))
        for sentence in sentences(player.series.name, player.series.source, compared):
            console.print(sentence, soft_wrap=True)


def _where_to_go(console: Console, url: str, broker: str, user: str) -> None:
    console.print()
    for line in (
        f"API      {url}/v1/detectors  {url}/v1/detectors/water/scores?status=anomaly",
        f"         {url}/v1/recommenders/{FILMS}/users/{quote(user, safe='')}/recommendations",
        f"         {url}/v1/predictors/{PHISHING}/metrics",
        f"Metrics  {url}/metrics",
        f"Log      cutstream topics tail water.scores --broker {broker}",
    ):
        console.print(line, soft_wrap=True)
