"""`cutstream validate`: check a configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from stream.cli.console import stdout
from stream.cli.options import ConfigArgument

if TYPE_CHECKING:
    from stream.settings import DetectorSettings


def validate(config: ConfigArgument) -> None:
    """Check a configuration and say what it would run.

    Every problem is listed on stderr, one sentence each, and the exit code is 2.

    \b
    [bold]Examples[/bold]
      cutstream validate examples/demo.yaml
      cutstream validate cutstream.yaml && cutstream run cutstream.yaml
    """
    from rich.table import Table

    from stream.settings import load

    settings = load(config)
    table = Table("detector", "", "", box=None, show_header=False)
    for name, detector in settings.detectors.items():
        for shown, (what, value) in enumerate(_facts(detector)):
            table.add_row("" if shown else name, what, value)
    typer.echo(f"{config} is sound. Its log is {settings.broker}")
    stdout().print(table)


def _facts(detector: DetectorSettings) -> list[tuple[str, str]]:
    """What matters most of a detector, in words."""
    source, forest = detector.input, detector.forest
    features = ", ".join(
        name if name == path else f"{name} ({path})" for name, path in source.features.items()
    )
    return [
        ("reads", f"{source.topic}, {source.partitions} partition(s)"),
        ("entity", ", ".join(source.key) or "the record's key"),
        ("time", source.timestamp or "the record's timestamp"),
        ("features", f"{features}; missing: {source.missing}"),
        ("writes", f"{detector.output.topic}, {detector.dead_letters.topic}"),
        (
            "forest",
            f"{forest.n_trees} trees of {forest.sample_size} shingles of {detector.shingle_size}, "
            f"{forest.score}",
        ),
        (
            "judges",
            f"from record {detector.config().records_to_warm + 1:,} of an entity on, "
            f"alarm rate {detector.decision.alarm_rate:g}",
        ),
    ]
