"""Plans of topics as text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from stream.topics.plan import Action, Step
from stream.topics.wording import kept_for

if TYPE_CHECKING:
    from rich.table import Table

_DONE = {Action.CREATE: "created", Action.CHANGE: "changed"}


def plan_table(steps: Sequence[Step]) -> Table:
    """One row per topic: what it needs, and how it is declared."""
    from rich.table import Table

    table = Table("action", "topic", box=None)
    table.add_column("partitions", justify="right")
    table.add_column("keeps")
    table.add_column("is")
    for declared, action, *_ in steps:
        spec = declared.spec
        keeps = "the newest of every key" if spec.compact else kept_for(spec)
        named = ", ".join(path.partition(".")[2] for path in declared.roles.values())
        table.add_row(action.value, spec.name, str(spec.partitions), keeps, named)
    return table


def sentences(steps: Sequence[Step]) -> Iterator[str]:
    """The reason for every mismatch and change, and every warning."""
    for step in steps:
        for reason in step.reasons:
            yield f"{step.action.value}: {reason}"
        for warning in step.warnings:
            yield f"warning: {warning}"


def done(step: Step) -> str:
    """What became of a topic that was created or changed."""
    spec = step.declared.spec
    partitions = f"{spec.partitions} partition{'s' if spec.partitions > 1 else ''}"
    return f"{_DONE[step.action]} {spec.name}, {partitions}"
