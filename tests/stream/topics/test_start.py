from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from stream.errors import TopicMismatch
from stream.topics.start import ensure
from stream.transports import connect
from stream.transports.protocol import TopicSpec


def test_a_topic_that_exists_is_checked_and_keeps_its_retention(tmp_path: Path) -> None:
    with closing(connect(f"sqlite:///{tmp_path}/log.db")) as log:
        ensure(log, [TopicSpec("t", 2, 1_000)])
        ensure(log, [TopicSpec("t", 2, 5_000), TopicSpec("s", 2, compact=True)])
        assert log.topics()["t"].spec == TopicSpec("t", 2, 1_000)
        assert log.topics()["s"].spec.compact
        with pytest.raises(TopicMismatch, match="'partitions'"):
            ensure(log, [TopicSpec("t", 3)])
