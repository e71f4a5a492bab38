"""`cutstream topics`: look into the topics of a log, and make them as declared."""

from __future__ import annotations

from typing import Annotated

import typer

from stream.cli.console import EXIT_FAILED, EXIT_PENDING, stdout
from stream.cli.options import (
    BrokerOption,
    ConfigArgument,
    ConfigOption,
    chosen_log,
    missing_file,
    opened_log,
)

topics = typer.Typer(
    name="topics",
    help="Look into the topics of a log, and make them as declared.",
    no_args_is_help=True,
)


@topics.command("list")
def list_topics(config: ConfigOption = None, broker: BrokerOption = None) -> None:
    """List the topics: partitions, records, and what they keep.

    Kafka counts the ends of transactions among the records.

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

    Values that a schema registry explains are shown as JSON, where a configuration names it.

    \b
    [bold]Examples[/bold]
      cutstream topics tail water.scores -n 3
      cutstream topics tail sensors --key pump-7 --follow
      cutstream topics tail water.scores -n 1000 | grep '"anomaly"'
    """
    from stream.cli.tail import following, newest
    from stream.cli.values import readable
    from stream.cli.wording import line

    shown = readable(config)
    wanted = None if key is None else key.encode()
    with opened_log(chosen_log(config, broker)) as log:
        records, ends = newest(log, topic, count, wanted)
        for record in records:
            typer.echo(line(shown(record)))
        if follow:
            for record in following(log, topic, ends, wanted):
                typer.echo(line(shown(record)))


@topics.command()
def plan(config: ConfigArgument) -> None:
    """Compare the topics of the log with those that a configuration declares. Changes nothing.

    The exit code is 0 where there is nothing to be done, 3 where `apply` would create or change
    topics, and 1 where a topic exists that cannot be used as it is.

    \b
    [bold]Examples[/bold]
      cutstream topics plan cutstream.yaml
      cutstream topics plan examples/keyed.yaml || echo "not as declared"
    """
    from stream.cli.plans import plan_table, sentences
    from stream.settings import load
    from stream.topics.plan import mismatches, pending
    from stream.topics.plan import plan as planned

    settings = load(config)
    if missing_file(settings.log) is not None:
        steps = planned(settings, {})
    else:
        with opened_log(settings.log) as log:
            steps = planned(settings, log.topics())
    stdout().print(plan_table(steps))
    for sentence in sentences(steps):
        typer.echo(sentence)
    if mismatches(steps):
        raise typer.Exit(EXIT_FAILED)
    if pending(steps):
        raise typer.Exit(EXIT_PENDING)


@topics.command()
def apply(config: ConfigArgument) -> None:
    """Create the topics that a configuration declares, and change the retention of those there are.

    Topics that exist keep their partitions and their cleanup policy: where those do not fit,
    nothing is done at all, and the exit code is 2. A second run finds nothing to do.

    \b
    [bold]Examples[/bold]
      cutstream topics apply cutstream.yaml
      cutstream topics plan cutstream.yaml; cutstream topics apply cutstream.yaml
    """
    from stream.cli.plans import done
    from stream.settings import load
    from stream.topics.plan import apply as put_in_force
    from stream.topics.plan import pending
    from stream.topics.plan import plan as planned

    settings = load(config)
    with opened_log(settings.log, create=True) as log:
        steps = planned(settings, log.topics())
        put_in_force(steps, log, lambda step: typer.echo(done(step)))
    if not pending(steps):
        typer.echo(f"All {len(steps)} topics are as declared.")
