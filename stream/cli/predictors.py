"""`cutstream predictors`: compare the models of a predictor, and promote one of them."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stream.cli.console import stdout
from stream.cli.options import opened_log

if TYPE_CHECKING:
    from stream.codec.prediction.measured import MetricsRecord
    from stream.scoreboard.scoreboard import Scoreboard
    from stream.settings.predictor import PredictorSettings
    from stream.transports.protocol import Transport

predictors = typer.Typer(
    name="predictors",
    help="Compare the models of a predictor, and promote one of them.",
    no_args_is_help=True,
)

ConfigOption = Annotated[
    Path, typer.Option("--config", "-c", help="The configuration, a YAML file.")
]
NameArgument = Annotated[str, typer.Argument(help="The predictor.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
DEFAULT_CONFIG = Path("cutstream.yaml")


class View(StrEnum):
    """Over which labels measures are shown."""

    WINDOW = "window"
    TOTAL = "total"


@predictors.command("list")
def list_predictors(config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False) -> None:
    """List the predictors with their models: who is champion, and how much each has learned.

    \b
    [bold]Examples[/bold]
      cutstream predictors list
      cutstream predictors list --config examples/demo.yaml --json
    """
    from rich.table import Table

    from stream.settings import load

    settings = load(config)
    table = Table("predictor", "model", "role", "scope", box=None)
    table.add_column("learned", justify="right")
    table.add_column("warnings", justify="right")
    table.add_column("drifts", justify="right")
    documents = []
    with opened_log(settings.log) as log:
        for name, chosen in settings.predictors.items():
            board = _board(log, chosen, _newest(log, chosen))
            documents.append(_document(name, chosen, board))
            for shown, one in enumerate(board.models):
                figures = [f"{one.counts.get(c, 0):,}" for c in ("learned", "warnings", "drifts")]
                first = ("", "") if shown else (name, chosen.scope)
                table.add_row(first[0], one.model, one.role, first[1], *figures)
    if as_json:
        typer.echo(json.dumps(documents, indent=2))
    else:
        stdout().print(table)


@predictors.command()
def metrics(
    name: NameArgument,
    config: ConfigOption = DEFAULT_CONFIG,
    entity: Annotated[
        str | None, typer.Option("--entity", "-e", help="Only the models of this entity.")
    ] = None,
    view: Annotated[
        View, typer.Option(help="The newest labels (`metrics.window`), or all of them.")
    ] = View.WINDOW,
    as_json: JsonOption = False,
) -> None:
    """Show how good a predictor's champion and challengers are, side by side.

    By the newest metrics record of every partition, or of every entity that has models of its own:
    where there are several, their means, weighted by labels.

    \b
    [bold]Examples[/bold]
      cutstream predictors metrics phishing --config examples/demo.yaml
      cutstream predictors metrics phishing --view total --json
    """
    from stream.cli.measures import measures_table
    from stream.scoreboard.promotion import predictor
    from stream.settings import load

    settings = load(config)
    chosen = predictor(settings, name)
    with opened_log(settings.log) as log:
        records = _newest(log, chosen, entity)
        board = _board(log, chosen, records, view)
    if as_json:
        typer.echo(json.dumps(_document(name, chosen, board), indent=2))
    elif not records:
        typer.echo(f"There are no metrics yet; the first come after {chosen.metrics.every} labels.")
    else:
        stdout().print(measures_table(board))
        states = "" if board.states == 1 else f"; means over {board.states} states"
        counts = ", ".join(f"{count:,} {what}" for what, count in board.events.items())
        typer.echo(f"events: {counts}{states}")


@predictors.command()
def promote(
    name: NameArgument,
    model: Annotated[str, typer.Argument(help="The model that is to be champion.")],
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Make another model champion: its answers are the predictions from here on.

    That is a record in every partition of the predictor's log. It takes effect at its place there,
    in every replay too, and the topic of changes tells of it.

    \b
    [bold]Examples[/bold]
      cutstream predictors promote phishing tree
      cutstream predictors promote phishing tree --config examples/demo.yaml
    """
    from time import time_ns

    from stream.scoreboard.promotion import promote as put_in_force
    from stream.settings import load

    settings = load(config)
    with opened_log(settings.log) as log:
        places = put_in_force(settings, log, name, model, time_ns() // 1_000)
    topic = settings.predictors[name].log_topic
    where = ", ".join(f"{place.partition}:{place.offset}" for place in places)
    typer.echo(f"{model} is champion of {name} from {topic} {where} on")


def _newest(
    log: Transport, chosen: PredictorSettings, entity: str | None = None
) -> list[MetricsRecord]:
    from stream.scoreboard.scoreboard import newest_metrics

    return newest_metrics(log, chosen, entity)


def _board(
    log: Transport,
    chosen: PredictorSettings,
    records: list[MetricsRecord],
    view: View = View.WINDOW,
) -> Scoreboard:
    from stream.scoreboard.scoreboard import champions, scoreboard

    return scoreboard(chosen, records, champions(log, chosen), view.value)


def _document(name: str, chosen: PredictorSettings, board: Scoreboard) -> dict[str, Any]:
    return {
        "predictor": name,
        "task": chosen.task,
        "scope": chosen.scope,
        "models": [one._asdict() for one in board.models],
        "states": board.states,
        "events": board.events,
    }
