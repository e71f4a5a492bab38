"""Measures of models as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.table import Table

    from stream.scoreboard.scoreboard import Scoreboard


def measures_table(board: Scoreboard) -> Table:
    """One row per measure, one column per model."""
    from rich.table import Table

    table = Table("", box=None)
    for one in board.models:
        table.add_column(one.model, justify="right")
    table.add_row("role", *(one.role for one in board.models))
    names = {name: None for one in board.models for name in one.figures}
    for name in names:
        table.add_row(name, *(_shown(name, one.figures.get(name)) for one in board.models))
    return table


def _shown(name: str, value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:,.0f}" if name == "labels" else f"{value:.4f}"
