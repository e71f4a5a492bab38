"""`cutstream state`: look into the snapshots of the entities."""

from __future__ import annotations

from typing import Annotated

import typer

from stream.cli.console import stdout
from stream.cli.options import ConfigArgument, opened_log

state = typer.Typer(
    name="state", help="Look into the saved state of the entities.", no_args_is_help=True
)

DetectorOption = Annotated[
    str | None,
    typer.Option(
        "--detector", "-d", help="A detector or predictor of the configuration; default: all."
    ),
]


@state.command("list")
def list_states(config: ConfigArgument, detector: DetectorOption = None) -> None:
    """List the entities that have a snapshot: the offset it holds, its size, and its time.

    \b
    [bold]Examples[/bold]
      cutstream state list cutstream.yaml
      cutstream state list examples/demo.yaml --detector water
    """
    from rich.table import Table

    from stream.cli.snapshots import newest_snapshots, snapshot_topics, summary
    from stream.settings import load

    settings = load(config)
    table = Table("task", "entity", box=None)
    for heading in ("partition", "valid at", "bytes"):
        table.add_column(heading, justify="right")
    table.add_column("written")
    with opened_log(settings.log) as log:
        for name, topic in snapshot_topics(settings, detector).items():
            for record in newest_snapshots(log, topic):
                row = summary(name, record)
                table.add_row(
                    name,
                    row["entity"],
                    str(row["partition"]),
                    str(row.get("valid_at", "broken")),
                    f"{row['bytes']:,}",
                    row["written"],
                )
    if not table.row_count:
        stdout().print(
            "There is no snapshot yet: what has changed is saved when its worker has read as many records as its "
            "settings say, and when it stops.",
            soft_wrap=True,
        )
        return
    stdout().print(table)


@state.command()
def show(
    config: ConfigArgument,
    entity: Annotated[str, typer.Argument(help="The entity, as `state list` writes it.")],
    detector: DetectorOption = None,
) -> None:
    """Show what the newest snapshot of an entity says, as JSON.

    \b
    [bold]Examples[/bold]
      cutstream state show cutstream.yaml pump-7
      cutstream state show cutstream.yaml '["site-1","line-2"]' --detector lines
    """
    from stream.cli.snapshots import description, entity_of, newest_snapshots, snapshot_topics
    from stream.errors import TransportError
    from stream.settings import load

    settings = load(config)
    found = False
    with opened_log(settings.log) as log:
        for name, topic in snapshot_topics(settings, detector).items():
            for record in newest_snapshots(log, topic):
                if entity_of(record) == entity:
                    found = True
                    typer.echo(description(settings, name, record))
    if not found:
        raise TransportError(f"The entity must have a snapshot, but there is none of '{entity}'.")
