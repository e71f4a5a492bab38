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
