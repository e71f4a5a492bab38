"""The console script: the commands of the stream layer, and those that serve the API."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from stream.cli.app import app
from stream.cli.compile import compile_command
from stream.cli.console import EXIT_FAILED
from stream.cli.console import run as run_app
from stream.cli.estimate import estimate
from stream.cli.options import ConfigArgument
from stream.cli.replay import replay
from stream.cli.schema import schema
from stream.cli.validate import validate
from stream.cli.worker import worker

PortOption = Annotated[
    int | None, typer.Option(min=0, max=65535, help="Port of the API; 0 takes any free one.")
]


@app.command()
def run(config: ConfigArgument, port: PortOption = None) -> None:
    """Run worker and API of a configuration in one process.

    On SIGTERM or Ctrl-C the batch in work is finished, its results are committed and the state is
    saved.

    \b
    [bold]Examples[/bold]
      cutstream run cutstream.yaml
      cutstream run examples/demo.yaml --port 0
    """
    from prometheus_client import CollectorRegistry

    from api.server import serve
    from stream.cli.logs import log_to_stderr
    from stream.cli.options import opened_log
    from stream.cli.service import check_topics, compile_kernels, make_worker
    from stream.runtime.signals import run_until_signal
    from stream.settings import load

    settings = load(config)
    log_to_stderr()
    registry = CollectorRegistry()
    with opened_log(settings.log, create=True) as log:
        check_topics(settings, log)
        worker = make_worker(settings, registry)
        server = serve(settings, log, worker, registry, port=port)
        with server:
            typer.echo(f"The API listens on {server.url}", err=True)
            compile_kernels(settings)
            in_order = run_until_signal(worker)
    if not in_order:
        raise typer.Exit(EXIT_FAILED)


@app.command()
def api(config: ConfigArgument, port: PortOption = None) -> None:
    """Serve the API of a configuration, without a worker.

    Any number may run: they read the log, and write only what they are asked to where api.writes is
    true. To tell what is the case now, they follow what the tasks read and keep their states, unless
    api.follow is false.

    \b
    [bold]Examples[/bold]
      cutstream api cutstream.yaml
      cutstream api cutstream.yaml --port 8400
    """
    from api.server import serve
    from stream.cli.logs import log_to_stderr
    from stream.cli.options import opened_log
    from stream.settings import load

    settings = load(config)
    log_to_stderr()
    with opened_log(settings.log, create=True) as log:
        server = serve(settings, log, port=port)
        typer.echo(f"The API listens on {server.url}", err=True)
        server.run()


@app.command()
def demo(
    once: Annotated[bool, typer.Option("--once", help="End when the data is done.")] = False,
    port: PortOption = None,
    directory: Annotated[
        Path,
        typer.Option("--dir", help="Where its log goes, in place of the last demo's."),
    ] = Path(".cutstream"),
    ratings: Annotated[
        Path | None,
        typer.Option(
            "--ratings", help="Ratings for the recommender, as of MovieLens; else made-up ones."
        ),
    ] = None,
    items: Annotated[
        Path | None,
        typer.Option("--items", help="What is rated; else a movies file beside the ratings."),
    ] = None,
) -> None:
    """Detect, recommend and predict on data from start to end, show what came out, and serve it.

    Detectors: the hourly flow through a water pipeline, and nine sensors of a space shuttle, which
    ship with River; what is known to be anomalous in them is compared with what was flagged. A
    predictor: which web sites are phishing (River's Phishing), told some time later. A recommender:
    ratings of your own, or of users that a simulator makes up.

    \b
    [bold]Examples[/bold]
      cutstream demo
      cutstream demo --once --port 0
      cutstream demo --ratings ml-latest-small/ratings.csv
    """
    from api.demo import show

    show(once=once, port=port, directory=directory, ratings=ratings, items=items)


# The help lists the commands in this order.
_ORDER: list[object] = [
    run,
    worker,
    api,
    replay,
    validate,
    estimate,
    schema,
    compile_command,
    demo,
]
app.registered_commands.sort(key=lambda command: _ORDER.index(command.callback))


def main() -> None:
    """Run the command line."""
    run_app(app)
