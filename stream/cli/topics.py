"""`cutstream topics`: look into the topics of a log."""

from __future__ import annotations

from typing import Annotated

import typer

from stream.cli.console import stdout
from stream.cli.options import BrokerOption, ConfigOption, chosen_log, opened_log

topics = typer.Typer(name="topics", help="Look into the topics of a log.", no_args_is_help=True)


@topics.command("list")
def list_topics(config: ConfigOption = None, broker: BrokerOption = None) -> None:
    """List the topics: partitions, records, and what they keep.

    \b
    [bold]Examples[/bold]
      cutstream topics list
      cutstream topics list --config examples/demo.yaml
      cutstream topics list --broker sqlite:////var/lib/cutstream/log.db
    """
    from rich.table import Table

    from stream.cli.wording import kept

    table = Table("topic", box=None)
    for heading in ("partitions", "records", "next offsets"):
        table.add_column(heading, justify="right")
    table.add_column("keeps")
    with opened_log(chosen_log(config, broker)) as log:
        for name, info in sorted(log.topics().items()):
            records = sum(end - first for first, end in info.bounds)
            ends = " ".join(str(end) for _, end in info.bounds)
            table.add_row(name, str(info.spec.partitions), f"{records:,}", ends, kept(info.spec))
    stdout().print(table)


@topics.command()
def tail(
    topic: Annotated[str, typer.Argument(help="The topic.")],
    count: Annotated[int, typer.Option("-n", min=0, help="How many of the newest records.")] = 10,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Go on with new records until Ctrl-C.")
    ] = False,
    key: Annotated[
        str | None, typer.Option("--key", "-k", help="Only records of this key.")
    ] = None,
    config: ConfigOption = None,
    broker: BrokerOption = None,
) -> None:
    """Show the newest records of a topic, one per line: partition, offset, time, key, value.

    \b
    [bold]Examples[/bold]
      cutstream topics tail water.scores -n 3
      cutstream topics tail sensors --key pump-7 --follow
      cutstream topics tail water.scores -n 1000 | grep '"anomaly"'
    """
    from stream.cli.tail import following, newest
    from stream.cli.wording import line

    wanted = None if key is None else key.encode()
    with opened_log(chosen_log(config, broker)) as log:
        records, ends = newest(log, topic, count, wanted)
        for record in records:
            typer.echo(line(record))
        if follow:
            for record in following(log, topic, ends, wanted):
                typer.echo(line(record))
