"""Dead letters, shown with the reason that is in their headers."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console

from stream.cli.tail import known
from stream.cli.wording import moment, text
from stream.codec.dead_letters import PREFIX
from stream.records import Record
from stream.transports.protocol import Transport

SUFFIX = ".dlq"


def names(log: Transport, topic: str | None) -> list[str]:
    """The dead-letter topics meant by a name: itself, that of an input topic, or all."""
    there = log.topics()
    if topic is None:
        return sorted(name for name in there if name.endswith(SUFFIX))
    if not topic.endswith(SUFFIX) and topic + SUFFIX in there:
        topic += SUFFIX
    known(log, topic)
    return [topic]


def show(console: Console, topic: str, records: Sequence[Record]) -> None:
    """Print dead letters, the oldest first."""
    console.print(f"{topic}: {'the newest' if records else 'none'}", style="bold")
    for record in records:
        headers = {name: text(value) for name, value in record.headers}
        said = {name.removeprefix(PREFIX): value for name, value in headers.items()}
        place = f"{said.get('topic', '?')}[{said.get('partition', '?')}]@{said.get('offset', '?')}"
        reason = said.get("reason", "unknown")
        console.print(f"  {place}  {moment(record.timestamp)}  ", end="", soft_wrap=True)
        console.print(reason, style="red", end="", soft_wrap=True)
        console.print(f": {said.get('detail', '')}", soft_wrap=True)
        console.print(f"    key {text(record.key)}  value {text(record.value)}", soft_wrap=True)
