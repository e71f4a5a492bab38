"""The Typer application: every command that needs no API."""

from __future__ import annotations

import logging
from typing import Annotated

import typer

from stream.cli.compile import compile_command
from stream.cli.dlq import dlq
from stream.cli.estimate import estimate
from stream.cli.logs import log_to_stderr
from stream.cli.predictors import predictors
from stream.cli.replay import replay
from stream.cli.schema import schema
from stream.cli.state import state
from stream.cli.topics import topics
from stream.cli.validate import validate
from stream.cli.worker import worker

app = typer.Typer(
    name="cutstream",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(version("cutstream"))
        raise typer.Exit


@app.callback()
def cutstream(
    _version: Annotated[
        bool, typer.Option("--version", help="Show the version.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Find anomalies, recommend and predict from streams of events, exactly once."""
    # By default it would go to stdout, among the results.
    log_to_stderr(logging.WARNING)


app.command()(worker)
app.command()(replay)
app.command()(validate)
app.command()(schema)
app.command()(estimate)
app.command("compile")(compile_command)
app.add_typer(topics)
app.add_typer(dlq)
app.add_typer(state)
app.add_typer(predictors)
