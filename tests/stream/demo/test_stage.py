from __future__ import annotations

from pathlib import Path

import pytest

from stream.demo.errors import DemoError
from stream.demo.stage import fresh_stage
from stream.transports.protocol import TopicSpec


def test_every_demo_starts_with_an_empty_log(tmp_path: Path) -> None:
    for _ in range(2):
        with fresh_stage(tmp_path / "new") as settings:
            log = settings.log.open()
            assert log.topics() == {}
            log.ensure_topic(TopicSpec("t"))
            log.close()
            names = {task.name for task in settings.tasks}
            assert names == {"water", "shuttle", "films", "popular", "phishing"}


def test_two_demos_do_not_share_a_directory(tmp_path: Path) -> None:
    with (
        fresh_stage(tmp_path),
        pytest.raises(DemoError, match="another demo plays"),
        fresh_stage(tmp_path),
    ):
        pytest.fail("the second demo must not start")


def test_a_directory_that_cannot_be_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(DemoError, match="must be a directory to write to"),
        fresh_stage(tmp_path / "file" / "below"),
    ):
        pytest.fail("there is no such directory")
