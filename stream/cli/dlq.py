"""`cutstream dlq`: look at dead letters, and send them back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stream.cli.console import EXIT_INTERRUPTED, stdout
from stream.cli.options import BrokerOption, ConfigOption, chosen_log, opened_log
from stream.errors import ConfigError, UnknownTopic

if TYPE_CHECKING:
    from collections.abc import Collection

    from stream.dead_letters import Filter

dlq = typer.Typer(
    name="dlq", help="Look at dead letters, and send them back.", no_args_is_help=True
)

TopicArgument = Annotated[
    str, typer.Argument(help="A dead-letter topic, or the input topic that it belongs to.")
]
ReasonOption = Annotated[
    str | None, typer.Option("--reason", help="Only those refused for this reason.")
]
TaskOption = Annotated[
    str | None, typer.Option("--task", help="Only those that this detector refused.")
]
SinceOption = Annotated[
    str | None,
    typer.Option(
        "--since",
        help="Only records of this time or later: 2024-05-01T12:00:00Z, or 2h for two hours ago.",
    ),
]


@dlq.command("list")
def list_letters(
    topic: Annotated[
        str | None,
        typer.Argument(help="A dead-letter topic, or its input topic. Default: all there are."),
    ] = None,
    reason: ReasonOption = None,
    task: TaskOption = None,
    since: SinceOption = None,
    limit: Annotated[
        int, typer.Option("--limit", "-n", min=1, help="How many of the newest, per topic.")
    ] = 20,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object per line, with key, value and headers.")
    ] = False,
    config: ConfigOption = None,
    broker: BrokerOption = None,
) -> None:
    """List records that could not be used: when, why, where they came from.

    \b
    [bold]Examples[/bold]
      cutstream dlq list
      cutstream dlq list sensors --reason not_a_number --since 2h
      cutstream dlq list sensors.dlq -n 1000 --json | jq -r .value
    """
    from stream.cli.dead_letters import json_line, table
    from stream.dead_letters import dead_letter_topic, dead_letter_topics, newest_letters

    named, wanted = _configured(config), _filter(reason, task, since)
    with opened_log(chosen_log(config, broker)) as log:
        meant = (
            dead_letter_topics(log, named)
            if topic is None
            else dict([dead_letter_topic(log, topic, named)])
        )
        letters = [
            letter
            for name, info in meant.items()
            for letter in newest_letters(log, name, info, wanted, limit)
        ]
    if as_json:
        for letter in letters:
            typer.echo(json_line(letter))
    elif letters:
        stdout().print(table(letters))
    else:
        typer.echo("There are no such dead letters in " + (", ".join(meant) or "this log") + ".")


@dlq.command()
def show(
    topic: TopicArgument,
    letter: Annotated[str, typer.Argument(help="Its partition and offset: 0:17.")],
    config: ConfigOption = None,
    broker: BrokerOption = None,
) -> None:
    """Show all of one dead letter, as JSON: reason, origin, key, value, headers, traceback.

    \b
    [bold]Examples[/bold]
      cutstream dlq show sensors.dlq 0:17
      cutstream dlq show sensors 2:3 --config cutstream.yaml
    """
    from stream.cli.dead_letters import json_line
    from stream.dead_letters import dead_letter_topic, letter_at
    from stream.records import TopicPartition

    partition, _, offset = letter.partition(":")
    if not (partition.isdecimal() and offset.isdecimal()):
        rule = "It must be a partition and an offset such as 0:17"
        raise ConfigError("LETTER", [f"{rule}, got '{letter}'."])
    with opened_log(chosen_log(config, broker)) as log:
        name, info = dead_letter_topic(log, topic, _configured(config))
        known = int(partition) < len(info.bounds)
        found = letter_at(log, TopicPartition(name, int(partition)), int(offset)) if known else None
    if found is None:
        raise UnknownTopic(f"The letter must be one of '{name}', but there is none at {letter}.")
    typer.echo(json_line(found, indent=2))


@dlq.command()
def replay(
    topic: TopicArgument,
    to: Annotated[
        str | None,
        typer.Option(help="Where to. Default: the topic and partition that each came from."),
    ] = None,
    reason: ReasonOption = None,
    task: TaskOption = None,
    since: SinceOption = None,
    limit: Annotated[
        int | None, typer.Option("--limit", "-n", min=1, help="At most so many.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be sent.")
    ] = False,
    again: Annotated[
        bool, typer.Option("--again", help="Send those too that were sent back before.")
    ] = False,
    batch_size: Annotated[int, typer.Option(min=1, help="Letters per transaction.")] = 500,
    config: ConfigOption = None,
    broker: BrokerOption = None,
) -> None:
    """Send dead letters back as they were before they were refused: same bytes, headers, timestamp.

    What was sent is remembered in `<topic>.replayed`, in the same transaction: a second run sends
    only what is new, and a run that was killed is completed by the same command.

    \b
    [bold]Examples[/bold]
      cutstream dlq replay sensors --dry-run
      cutstream dlq replay sensors --reason missing_feature --since 2h
      cutstream dlq replay sensors.dlq --to sensors.repaired --config cutstream.yaml
    """
    from stream.cli.dead_letters import outcome
    from stream.cli.progress import bar, interruptible
    from stream.dead_letters import Progress, Replay, dead_letter_topic
    from stream.dead_letters import replay as send_back

    with (
        opened_log(chosen_log(config, broker)) as log,
        interruptible() as stop,
        bar(topic, "letters") as advance,
    ):
        name, info = dead_letter_topic(log, topic, _configured(config))
        how = Replay(
            topic=name,
            to=to,
            wanted=_filter(reason, task, since),
            again=again,
            limit=limit,
            dry_run=dry_run,
            batch_size=batch_size,
        )

        def report(done: Progress) -> None:
            advance(done.seen, done.total, done.sent.total())

        done = send_back(log, info, how, report=report, stop=stop)
    typer.echo(outcome(done, dry_run=dry_run))
    if stop.is_set():
        raise typer.Exit(EXIT_INTERRUPTED)


def _configured(config: Path | None) -> Collection[str]:
    """The dead-letter topics of a configuration."""
    if config is None:
        return ()
    from stream.settings import load
    from stream.settings.task import Role

    return {task.settings.topics[Role.DEAD_LETTERS].name for task in load(config).tasks}


def _filter(reason: str | None, task: str | None, since: str | None) -> Filter:
    from stream.codec import RejectReason
    from stream.dead_letters import Filter

    reasons = [known.value for known in RejectReason]
    if reason is not None and reason not in reasons:
        rule = f"It must be one of {', '.join(reasons)}"
        raise ConfigError("--reason", [f"{rule}, got '{reason}'."])
    return Filter(reason, task, None if since is None else _moment(since))


def _moment(since: str) -> int:
    """Milliseconds since the epoch. Raises ConfigError."""
    from time import time

    from stream.codec.timestamps import to_microseconds
    from stream.settings.fields import duration

    micros = to_microseconds(since)
    if micros is not None:
        return micros // 1_000
    try:
        return int(time() * 1_000) - (duration(since) or 0)
    except ValueError as error:
        rule = "It must be an RFC 3339 time, or a duration such as 30m, 2h or 7d"
        raise ConfigError("--since", [f"{rule}, got '{since}'."]) from error
