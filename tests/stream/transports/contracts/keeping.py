"""What retention and compaction must keep. What goes, and when, is up to the implementation."""

from __future__ import annotations

import time

from stream.records import Outgoing
from tests.stream.transports.harness import Harness

HOUR = 3_600_000
BASE = 1_700_000_000_000


class KeepingContract:
    def test_without_retention_everything_stays(self, harness: Harness) -> None:
        topic = harness.topic()
        harness.transport.append([Outgoing(topic, b"k", b"old", timestamp=BASE)])
        harness.transport.apply_retention(BASE + 1000 * HOUR)
        assert harness.values(topic) == [b"old"]

    def test_young_records_stay(self, harness: Harness) -> None:
        topic = harness.topic(retention_ms=HOUR)
        now = int(time.time() * 1000)
        ages = [2 * HOUR, HOUR // 2, 0]
        harness.transport.append(
            [Outgoing(topic, b"k", b"%d" % age, timestamp=now - age) for age in ages]
        )
        harness.transport.apply_retention(now)
        assert harness.values(topic)[-2:] == [b"%d" % (HOUR // 2), b"0"]

    def test_the_newest_bytes_stay(self, harness: Harness) -> None:
        topic = harness.topic(retention_bytes=4000)
        values = [b"%03d" % i * 100 for i in range(30)]
        harness.fill(topic, values)
        before = harness.everything(topic)
        harness.transport.apply_retention(int(time.time() * 1000))
        kept = harness.everything(topic)
        assert kept == before[len(before) - len(kept) :]
        assert len(kept) >= 3

    def test_compaction_keeps_the_newest_two_of_a_key(self, harness: Harness) -> None:
        topic = harness.topic(compact=True)
        sent = [(b"k%d" % (i % 3), b"%d" % i) for i in range(12)]
        harness.transport.append([Outgoing(topic, k, v, timestamp=BASE) for k, v in sent])
        before = harness.everything(topic)
        harness.transport.apply_retention(BASE + 1000 * HOUR)
        kept = harness.everything(topic)
        assert set(before[-6:]) <= set(kept) <= set(before)
        assert kept == sorted(kept)

    def test_the_log_goes_on_after_retention(self, harness: Harness) -> None:
        # Long enough for a log that deletes by itself, and over as of the run of retention.
        topic = harness.topic(retention_ms=HOUR // 2)
        harness.fill(topic, [b"old"] * 3)
        last = harness.everything(topic)[-1]
        harness.transport.apply_retention(int(time.time() * 1000) + HOUR)
        harness.fill(topic, [b"new"])
        newest = harness.everything(topic)[-1]
        assert newest.value == b"new"
        assert newest.offset > last.offset
