"""Appending and reading records outside of groups."""

from __future__ import annotations

import time

import pytest

from stream.errors import UnknownTopic
from stream.records import Headers, Outgoing, TopicPartition
from tests.conftest import wait_until
from tests.stream.transports.harness import Harness

# The hashes that Kafka's own tests state; its default partitioner drops the sign bit of them.
KAFKA_HASHES = {
    b"": 275646681,
    b"21": -973932308,
    b"abc": 479470107,
    b"foobar": -790332482,
    b"a-little-bit-long-string": -985981536,
    b"a-little-bit-longer-string": -1486304829,
    b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971,
}


class RecordContract:
    @pytest.mark.parametrize("key", [None, b"", b"key", bytes(range(256))])
    @pytest.mark.parametrize("value", [None, b"", b"value", b"\x00\xff\x00"])
    @pytest.mark.parametrize(
        "headers", [(), (("ce_id", b"1"), ("empty", b"")), (("a", b"1"), ("a", b"2"), ("ä", b"3"))]
    )
    def test_a_record_comes_back_as_it_was(
        self, harness: Harness, key: bytes | None, value: bytes | None, headers: Headers
    ) -> None:
        topic = harness.topic(2)
        harness.transport.append([Outgoing(topic, key, value, headers, 1_234_567_890_123, 1)])
        [record] = harness.everything(topic)
        assert record == (topic, 1, record.offset, 1_234_567_890_123, key, value, headers)
        assert isinstance(record.headers, tuple)

    def test_a_big_value_comes_back(self, harness: Harness) -> None:
        topic = harness.topic()
        limit = harness.transport.max_record_bytes or 2 * 1024 * 1024
        big = (bytes(range(256)) * 8192)[: limit - len(b"k")]
        harness.transport.append([Outgoing(topic, b"k", big), Outgoing(topic, b"k", b"small")])
        assert harness.values(topic) == [big, b"small"]

    def test_appending_tells_where_each_record_is(self, harness: Harness) -> None:
        topics = [harness.topic(3), harness.topic(1)]
        for _ in range(2):
            records = [
                Outgoing(topics[i % 2], b"k%d" % (i % 5) if i % 7 else None, b"%d" % i)
                for i in range(50)
            ]
            places = harness.transport.append(records)
            found = {
                (r.topic, r.partition, r.offset): r.value
                for topic in topics
                for r in harness.everything(topic)
            }
            assert [found[place] for place in places] == [r.value for r in records]
        assert harness.transport.append([]) == []

    def test_a_record_without_timestamp_gets_the_current_one(self, harness: Harness) -> None:
        topic = harness.topic()
        before = int(time.time() * 1000)
        harness.fill(topic, [b"a"])
        assert before <= harness.everything(topic)[0].timestamp <= time.time() * 1000

    def test_a_key_keeps_its_order_in_one_partition(self, harness: Harness) -> None:
        topic = harness.topic(4)
        for part in range(3):
            harness.transport.append(
                [
                    Outgoing(topic, b"key%d" % k, b"%d" % (part * 10 + i))
                    for i in range(10)
                    for k in range(8)
                ]
            )
        records = harness.everything(topic)
        for k in range(8):
            own = [r for r in records if r.key == b"key%d" % k]
            assert [int(r.value or b"") for r in own] == list(range(30))
            assert len({r.partition for r in own}) == 1
        assert len({r.partition for r in records}) > 1

    def test_a_key_lies_where_kafka_puts_it(self, harness: Harness) -> None:
        topic = harness.topic(7)
        harness.transport.append([Outgoing(topic, key, b"") for key in KAFKA_HASHES])
        assert {r.key: r.partition for r in harness.everything(topic)} == {
            key: (kafka_hash & 0x7FFFFFFF) % 7 for key, kafka_hash in KAFKA_HASHES.items()
        }

    def test_records_without_a_key_rotate(self, harness: Harness) -> None:
        topic = harness.topic(4)
        for _ in range(3):
            harness.fill(topic, [b"x"] * 40)
        partitions = [r.partition for r in harness.everything(topic)]
        assert set(partitions) == {0, 1, 2, 3}

    def test_offsets_grow_within_the_bounds(self, harness: Harness) -> None:
        topic = harness.topic()
        harness.fill(topic, [b"a", b"b"])
        harness.fill(topic, [b"c"])
        offsets = [r.offset for r in harness.everything(topic)]
        [(start, stop)] = harness.transport.topics()[topic].bounds
        assert offsets == sorted(set(offsets))
        assert start <= offsets[0] <= offsets[-1] < stop

    def test_reading_begins_and_ends_where_told(self, harness: Harness) -> None:
        topic = harness.topic()
        harness.fill(topic, [b"%d" % i for i in range(10)])
        records = harness.everything(topic)
        tp = TopicPartition(topic, 0)
        read = harness.transport.read
        assert list(read(tp, records[3].offset, records[7].offset)) == records[3:7]
        assert list(read(tp, records[8].offset)) == records[8:]
        assert list(read(tp, records[9].offset + 1)) == []
        assert list(read(tp, records[5].offset, records[5].offset)) == []
        assert list(read(tp, 0, records[9].offset + 1000)) == records

    def test_reading_ends_at_the_end_as_of_the_call(self, harness: Harness) -> None:
        topic = harness.topic()
        harness.fill(topic, [b"a"])
        records = harness.transport.read(TopicPartition(topic, 0), 0)
        harness.fill(topic, [b"b"])
        assert [r.value for r in records] == [b"a"]

    def test_reading_goes_through_many_records(self, harness: Harness) -> None:
        topic = harness.topic()
        values = [b"%d" % i for i in range(2500)]
        harness.fill(topic, values)
        assert harness.values(topic) == values

    def test_appending_nothing_is_harmless(self, harness: Harness) -> None:
        topic = harness.topic()
        harness.transport.append([])
        assert harness.values(topic) == []

    def test_without_open_transactions_all_that_there_is_can_be_read(
        self, harness: Harness
    ) -> None:
        topic = harness.topic()
        tp = TopicPartition(topic, 0)
        assert harness.transport.readable(tp) == 0
        harness.fill(topic, [b"a", b"b"])
        wait_until(
            lambda: harness.transport.readable(tp) == harness.transport.topics()[topic].bounds[0][1]
        )
        with pytest.raises(UnknownTopic):
            harness.transport.readable(TopicPartition("none", 0))
