"""Records are read in pages that are bounded by their bytes."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream.records import Outgoing, TopicPartition
from stream.transports import connect
from stream.transports.protocol import TopicSpec
from stream.transports.sqlite import log as module
from stream.transports.sqlite.connection import Connection

TP = TopicPartition("blobs", 0)


@given(sizes=st.lists(st.integers(0, 60), max_size=30), start=st.integers(0, 30))
@settings(max_examples=30, deadline=None)
def test_nothing_is_left_out_and_no_page_is_large(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[int], start: int
) -> None:
    pages: list[list[int]] = []
    page = Connection.page

    def noted(self, sql, parameters, size, most):  # type: ignore[no-untyped-def]  # the test's own spy
        rows = page(self, sql, parameters, size, most)
        pages.append([size(row) for row in rows])
        return rows

    path: Path = tmp_path_factory.mktemp("log") / "log.db"
    transport = connect(f"sqlite:///{path}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "PAGE_BYTES", 100)
        patch.setattr(module, "PAGE", 7)
        patch.setattr(Connection, "page", noted)
        transport.ensure_topic(TopicSpec("blobs"))
        transport.append([Outgoing("blobs", None, bytes(size)) for size in sizes])
        found = [(r.offset, len(r.value or b"")) for r in transport.read(TP, start)]
    transport.close()
    assert found == list(enumerate(sizes))[start:]
    assert all(sum(page[:-1]) < 100 and len(page) <= 7 for page in pages)


@given(
    keys=st.lists(st.sampled_from([b"a", b"b", b"c", b"d"]), max_size=30), page=st.integers(1, 3)
)
@settings(max_examples=30, deadline=None)
def test_the_newest_of_each_key_come_alone_and_in_order(
    tmp_path_factory: pytest.TempPathFactory, keys: list[bytes], page: int
) -> None:
    path: Path = tmp_path_factory.mktemp("log") / "log.db"
    transport = connect(f"sqlite:///{path}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "PAGE", page)
        patch.setattr(module, "PAGE_BYTES", 25)
        transport.ensure_topic(TopicSpec("blobs"))
        transport.append([Outgoing("blobs", key, bytes(10)) for key in keys])
        below = len(keys) // 2
        for stop in (below, len(keys)):
            last = {key: offset for offset, key in enumerate(keys[:stop])}
            found = [(r.key, r.offset) for r in transport.read(TP, 0, stop, newest=True)]
            assert found == sorted(last.items(), key=lambda pair: pair[1])
    transport.close()
