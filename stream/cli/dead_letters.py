"""Dead letters as text and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from stream.cli.wording import moment, text

if TYPE_CHECKING:
    from rich.table import Table

    from stream.dead_letters import Letter, Progress

_LONGEST = 40


def place(letter: Letter) -> str:
    """Where a letter lies: partition:offset."""
    return f"{letter.record.partition}:{letter.record.offset}"


def origin(letter: Letter) -> str:
    """Where its original stands: topic, partition:offset."""
    return f"{letter.topic} {letter.partition}:{letter.offset}"


def table(letters: Iterable[Letter]) -> Table:
    """One row per letter."""
    from rich.table import Table

    rows = Table("topic", "letter", "time", "reason", "original", "key", "detail", box=None)
    for letter in letters:
        record = letter.record
        rows.add_row(
            record.topic,
            place(letter),
            moment(record.timestamp),
            letter.reason,
            origin(letter),
            _short(text(record.key)),
            text(letter.detail.encode()),
        )
    return rows


def document(letter: Letter) -> dict[str, Any]:
    """All of a letter; what is not UTF-8 or not printable in it appears escaped."""
    from stream.codec.dead_letters import PREFIX, original_headers

    record = letter.record
    traceback = dict(record.headers).get(PREFIX + "traceback")
    return {
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset,
        "time": moment(record.timestamp),
        "reason": letter.reason,
        "detail": letter.detail,
        "task": letter.task,
        "original": {
            "topic": letter.topic,
            "partition": letter.partition,
            "offset": letter.offset,
        },
        "key": None if record.key is None else text(record.key),
        "value": None if record.value is None else text(record.value),
        "headers": [[name, text(value)] for name, value in original_headers(record.headers)],
        **({} if traceback is None else {"traceback": traceback.decode("utf-8", "replace")}),
    }


def json_line(letter: Letter, *, indent: int | None = None) -> str:
    """A letter as a JSON object."""
    return json.dumps(document(letter), ensure_ascii=False, indent=indent)


def outcome(done: Progress, *, dry_run: bool) -> str:
    """What a replay did, or would do, one line for each target and reason."""
    verb = "would be sent" if dry_run else "sent"
    lines = [
        f"{count:,} {reason} {verb} to {topic}"
        for (topic, reason), count in sorted(done.sent.items())
    ]
    notes = [
        f"{count:,} {what}"
        for count, what in ((done.before, "were sent before"), (done.other, "are not asked for"))
        if count
    ]
    lines.append(f"{done.sent.total():,} dead letters {verb}" + "".join(f", {n}" for n in notes))
    return "\n".join(lines)


def _short(words: str) -> str:
    return words if len(words) <= _LONGEST else words[: _LONGEST - 3] + "..."
