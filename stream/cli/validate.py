"""`cutstream validate`: check a configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from stream.cli.console import stdout
from stream.cli.options import ConfigArgument

if TYPE_CHECKING:
    from stream.settings import Settings
    from stream.settings.log import LogAddress
    from stream.transports import KafkaOptions

_PATIENCE_SECONDS = 10.0


def validate(
    config: ConfigArgument,
    connect: Annotated[
        bool,
        typer.Option(
            "--connect",
            help="Also try to reach the log and the schema registry, for a few seconds.",
        ),
    ] = False,
) -> None:
    """Check a configuration and say what it would run.

    Every problem is listed on stderr, one sentence each, and the exit code is 2. With --connect, it
    is 1 when the log or the schema registry cannot be reached.

    \b
    [bold]Examples[/bold]
      cutstream validate examples/demo.yaml
      cutstream validate cutstream.yaml --connect && cutstream run cutstream.yaml
    """
    from rich.table import Table

    from stream.cli.facts import facts
    from stream.settings import load

    settings = load(config)
    table = Table("", "", "", box=None, show_header=False)
    for task in settings.tasks:
        said = [(task.settings.NOUN, ""), *facts(task.settings)]
        for shown, (what, value) in enumerate(said):
            table.add_row("" if shown else task.name, what, value)
    typer.echo(f"{config} is sound. Its log is {settings.broker}")
    stdout().print(table)
    for note in _without_effect(settings):
        typer.echo(note)
    if connect:
        typer.echo(_reached(settings.log))
        for sentence in _registry_reached(settings):
            typer.echo(sentence)


def _without_effect(settings: Settings) -> list[str]:
    """A sentence for each section that is there for another kind of log."""
    if settings.broker.startswith("kafka:") or "kafka" not in settings.model_fields_set:
        return []
    return [f"The settings of 'kafka' have no effect, for the log is {settings.broker}"]


def _reached(address: LogAddress) -> str:
    """What the log says for itself, in a sentence. Raises TransportError."""
    from stream.cli.options import missing_file, opened_log

    if missing_file(address) is not None:
        return "The log is not there yet; a worker makes it."
    with opened_log(address._replace(kafka=_impatient(address.kafka))) as log:
        return f"The log can be reached; its topics: {len(log.topics())}"


def _registry_reached(settings: Settings) -> list[str]:
    """That the schema registry answers, where there is one. Raises RegistryUnavailable."""
    options = settings.registry.options()
    if options is None:
        return []
    from stream.registry import SchemaRegistry

    types = SchemaRegistry(options).types()
    return [f"The schema registry can be reached; it holds schemas of {', '.join(types)}."]


def _impatient(options: KafkaOptions) -> KafkaOptions:
    """The options of somebody who waits at the terminal."""
    from dataclasses import replace

    return replace(options, retry_for=min(options.retry_for, _PATIENCE_SECONDS))
