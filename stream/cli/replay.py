"""`cutstream replay`: send a file of events to a topic."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stream.cli.console import EXIT_INTERRUPTED
from stream.cli.options import BrokerOption, ConfigOption, chosen_log, opened_log
from stream.errors import ConfigError

if TYPE_CHECKING:
    from stream.replay import Progress
    from stream.settings.task import Sent

_KEY_RULE = "It must be the field path of the record key, such as id, which all records of"


def replay(
    file: Annotated[
        Path, typer.Argument(help="Events as .csv, .jsonl, .ndjson (.gz may follow) or .parquet.")
    ],
    topic: Annotated[str, typer.Option("--topic", "-t", help="Where to; made if it is missing.")],
    config: ConfigOption = None,
    broker: BrokerOption = None,
    key: Annotated[
        str,
        typer.Option(help="Field paths of the record key, separated by commas: host or site,line."),
    ] = "",
    timestamp_field: Annotated[
        str | None, typer.Option(help="Field path of the event time, to stamp the records with.")
    ] = None,
    rate: Annotated[
        float | None, typer.Option(min=0.001, help="Events per second; default: all at once.")
    ] = None,
    partitions: Annotated[
        int | None, typer.Option(min=1, help="Of the topic, if it is made. Default: 1.")
    ] = None,
    batch_size: Annotated[int, typer.Option(min=1, help="Events per atomic append.")] = 1_000,
    restart: Annotated[
        bool, typer.Option("--restart", help="Send rows again that are there already.")
    ] = False,
) -> None:
    """Send the events of a file to a topic, going on where the last replay of that file ended.

    CSV cells become numbers where they are numbers, and null where they are empty. JSON Lines are
    sent as they stand. Records of one entity must share a partition: name its field with --key. A
    configuration with a task that reads the topic gives key, timestamp field and partitions; of
    items the record key is the item, so name its field.

    \b
    [bold]Examples[/bold]
      cutstream replay history.csv --topic sensors --key sensor --timestamp-field time
      cutstream replay events.jsonl.gz --topic sensors --config cutstream.yaml --rate 500
      cutstream replay archive.parquet --topic orders --key shop,till --partitions 4
      cutstream replay products.jsonl --topic products --config shop.yaml --key id
    """
    from stream.cli.progress import bar, interruptible
    from stream.replay import Replay, open_file
    from stream.replay import replay as send
    from stream.replay.stamps import compile_stamp
    from stream.settings.task import Sent
    from stream.transports.protocol import TopicSpec

    events = open_file(file)
    known = Sent((), None, 1, "json") if config is None else _read_by_a_task(config, topic)
    keys = [path for path in key.split(",") if path] or known.key
    stamp = compile_stamp(keys, timestamp_field or known.timestamp)
    how = Replay(topic=topic, stamp=stamp, rate=rate, batch_size=batch_size, restart=restart)
    address = chosen_log(config, broker)
    with (
        opened_log(address, create=True) as log,
        interruptible() as stop,
        bar(file.name, "events") as advance,
    ):
        there = log.topics().get(topic)
        if not keys and (known.needs_key or (there is not None and there.spec.compact)):
            raise ConfigError("--key", [f"{_KEY_RULE} '{topic}' must have, got nothing."])
        if there is None:
            log.ensure_topic(
                TopicSpec(topic, partitions or known.partitions, compact=known.compact)
            )

        def report(done: Progress) -> None:
            advance(done.position, events.total, done.sent)

        done = send(log, events, how, report=report, stop=stop)
    note = f", {done.skipped:,} were there already" if done.skipped else ""
    ending = " (interrupted; the same command goes on from here)" if stop.is_set() else ""
    typer.echo(f"{done.sent:,} events sent to {topic}{note}{ending}")
    if stop.is_set():
        raise typer.Exit(EXIT_INTERRUPTED)


def _read_by_a_task(config: Path, topic: str) -> Sent:
    """How the configuration has records sent to the topic.

    Raises ConfigError if no task reads it, or reads it in another format than files have.
    """
    from stream.settings import load

    read = {
        name: sent for task in load(config).tasks for name, sent in task.settings.sends().items()
    }
    if topic not in read:
        rule = f"The topic must be one that {config} has read: one of "
        raise ConfigError("--topic", [f"{rule}{', '.join(read)}, got '{topic}'."])
    found = read[topic]
    if found.format != "json":
        rule = (
            f"The topic must have the format json in {config}, for events of files are sent as JSON"
        )
        raise ConfigError("--topic", [f"{rule}, got '{topic}' with the format {found.format}."])
    return found
