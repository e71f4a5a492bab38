from __future__ import annotations

import pytest

from stream.cli.wording import kept, moment, text
from stream.transports.protocol import TopicSpec


@pytest.mark.parametrize(
    ("data", "shown"),
    [
        (None, "-"),
        (b"plain \xc3\xa9", "plain é"),
        (b"\xff", r"\xff"),
        (b"a\nb\x1b[0m", r"a\nb\x1b[0m"),
    ],
)
def test_bytes_become_one_harmless_line(data: bytes | None, shown: str) -> None:
    assert text(data) == shown


@pytest.mark.parametrize(
    ("milliseconds", "shown"),
    [
        (0, "1970-01-01T00:00:00Z"),
        (1_704_067_201_999, "2024-01-01T00:00:01Z"),
        (253402300799_999, "9999-12-31T23:59:59Z"),
        (253402300800_000, "253402300800000"),
        (-1, "-1"),
    ],
)
def test_a_moment_is_written_where_the_calendar_reaches(milliseconds: int, shown: str) -> None:
    assert moment(milliseconds) == shown


def test_what_a_topic_keeps() -> None:
    assert kept(TopicSpec("t")) == "everything"
    assert (
        kept(TopicSpec("t", 1, 90 * 60_000, 2**21, True))
        == "the newest two of every key, 1.5 hours, 2 MiB a partition"
    )
