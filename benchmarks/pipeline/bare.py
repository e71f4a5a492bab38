"""The same loop (consume, decode, produce, commit; exactly once) on each client alone: what can be had at all."""

from __future__ import annotations

import time
from uuid import uuid4

from benchmarks.pipeline.loop import SCORE, decode
from benchmarks.pipeline.stage import BATCH, Stage
from stream.records import Committed, Outgoing, TopicPartition

# Both clients are as quick as settings make them: small back-offs between transactions, large batches.
RETRY_MS = 10
LINGER_MS = 5
BATCH_BYTES = 256 * 1024
METADATA = '{"v":1,"replay_from":0,"audit":"0000000000000000"}'


def rate(stage: Stage, n: int, keys: int) -> float:
    """Events a second of the client that the stage's log is used by; the first quarter is not counted."""
    with stage.opened() as transport:
        stage.fill(transport, n, keys)
    kafka = stage.log.kafka
    if not stage.log.url.startswith("kafka:"):
        return _sqlite(stage, n)
    return (_confluent if kafka and kafka.client == "confluent" else _kafka_python)(stage, n)


class _Clock:
    """Counts from a quarter on."""

    def __init__(self, n: int) -> None:
        self._n, self._done, self._first, self._begin = n, 0, 0, 0.0

    def advance(self, count: int) -> bool:
        """Note `count` more records; whether there are more to come."""
        self._done += count
        if not self._begin and self._done >= self._n // 4:
            self._begin, self._first = time.perf_counter(), self._done
        return self._done < self._n

    def rate(self) -> float:
        return (self._n - self._first) / (time.perf_counter() - self._begin)


def _kafka_python(stage: Stage, n: int) -> float:
    from kafka import KafkaConsumer, KafkaProducer
    from kafka.structs import OffsetAndMetadata

    servers = stage.log.url.removeprefix("kafka://").split(",")
    consumer = KafkaConsumer(
        stage.name,
        bootstrap_servers=servers,
        group_id=f"bare-{stage.name}",
        enable_auto_commit=False,
        isolation_level="read_committed",
        auto_offset_reset="earliest",
        max_poll_records=BATCH,
    )
    producer = KafkaProducer(
        bootstrap_servers=servers,
        transactional_id=f"bare-{stage.name}",
        batch_size=BATCH_BYTES,
        max_request_size=32 * BATCH_BYTES,
        linger_ms=LINGER_MS,
        retry_backoff_ms=RETRY_MS,
    )
    producer.init_transactions()
    clock, more = _Clock(n), True
    while more:
        polled = consumer.poll(500, max_records=BATCH)
        if not polled:
            continue
        producer.begin_transaction()
        offsets = {}
        for tp, records in polled.items():
            for record in records:
                decode(record.value)
                producer.send(
                    stage.scores,
                    key=record.key,
                    value=SCORE,
                    partition=tp.partition,
                    timestamp_ms=record.timestamp,
                )
            offsets[tp] = OffsetAndMetadata(records[-1].offset + 1, METADATA, -1)
        producer.send_offsets_to_transaction(offsets, consumer.group_metadata())
        producer.commit_transaction()
        more = clock.advance(sum(map(len, polled.values())))
    result = clock.rate()
    consumer.close()
    producer.close()
    return result


def _confluent(stage: Stage, n: int) -> float:
    import confluent_kafka as ck

    servers = {"bootstrap.servers": stage.log.url.removeprefix("kafka://")}
    consumer = ck.Consumer(
        {
            **servers,
            "group.id": f"bare-{stage.name}",
            "enable.auto.commit": False,
            "isolation.level": "read_committed",
            "auto.offset.reset": "earliest",
            "fetch.queue.backoff.ms": 10,
        }
    )
    consumer.subscribe([stage.name])
    producer = ck.Producer(
        {
            **servers,
            "transactional.id": f"bare-{stage.name}",
            "batch.size": BATCH_BYTES,
            "linger.ms": LINGER_MS,
            "retry.backoff.ms": RETRY_MS,
            "socket.nagle.disable": True,
        }
    )
    producer.init_transactions()
    clock, more = _Clock(n), True
    while more:
        polled = consumer.consume(BATCH, 0.5)
        if not polled:
            continue
        producer.begin_transaction()
        last: dict[int, int] = {}
        for message in polled:
            partition = message.partition()
            decode(message.value())
            producer.produce(
                stage.scores,
                key=message.key(),
                value=SCORE,
                partition=partition,
                timestamp=message.timestamp()[1],
            )
            last[partition] = message.offset()
        positions = [
            ck.TopicPartition(stage.name, partition, offset + 1, METADATA)
            for partition, offset in last.items()
        ]
        producer.send_offsets_to_transaction(positions, consumer.consumer_group_metadata())
        producer.commit_transaction()
        more = clock.advance(len(polled))
    result = clock.rate()
    consumer.close()
    return result


def _sqlite(stage: Stage, n: int) -> float:
    """SQLite has no client but ours: its sessions, without the worker."""
    transport = stage.log.open()
    session = transport.session(f"bare-{uuid4().hex}", [stage.name], member="bare")
    clock, more = _Clock(n), True
    while more:
        records = session.poll(BATCH, 0.5).records
        if not records:
            continue
        session.begin()
        last: dict[TopicPartition, Committed] = {}
        for record in records:
            decode(record.value or b"")
            session.send(
                Outgoing(stage.scores, record.key, SCORE, (), record.timestamp, record.partition)
            )
            last[TopicPartition(record.topic, record.partition)] = Committed(
                record.offset + 1, METADATA
            )
        session.commit(last)
        more = clock.advance(len(records))
    result = clock.rate()
    session.close()
    transport.close()
    return result
