"""States that are too large for one record, and input that was taken back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from confluent_kafka import Producer

from stream.records import Outgoing, TopicPartition
from tests.crash.config import PARTITIONS
from tests.crash.events import make_events
from tests.crash.processes import WorkerProcess
from tests.crash.stage import Stage
from tests.faults.scenario import Figures, Ground, Outcome, play, replayed_events

BULK = 1_500_000
"""Bytes of one state: more than a broker takes in one record."""
NEVER = b"never"
"""What no output may hold."""

Workers = Mapping[str, WorkerProcess]


def bulk(ground: Ground) -> Outcome:
    """Each key's snapshot is larger than the brokers' limit of one record."""
    ground = replace(ground, task="toy")

    def act(stage: Stage, workers: Workers) -> Figures:
        (worker,) = workers.values()
        worker.start()
        for turn in range(ground.times):
            stage.wait((turn + 0.5) / (ground.times + 0.5), [worker], plan.seconds)
            worker.kill()
            worker.start()
        stage.finish([worker], plan.seconds)
        return {"replayed": replayed_events(workers), "state_bytes": BULK}

    with ground.shared_broker() as broker:
        events = min(ground.events, 4000)
        every = max(1, events // 8)
        plan = ground.plan(broker, events=events, keys=4, snapshot_every=every, bulk=BULK)
        return play(ground, plan, ["w1"], act)


def aborted(ground: Ground) -> Outcome:
    """Upstream transactions that were aborted lie between those that were committed."""
    expected: list[int] = []

    def add_input(stage: Stage) -> None:
        topic = stage.config.input_topic
        events = make_events(topic, ground.events, 200, ground.seed)
        block = max(1, len(events) // 10)
        for start in range(0, len(events), block):
            _abort(stage, topic, start)
            stage.append(events[start : start + block])
        _abort(stage, topic, len(events))
        expected.append(len(events))

    def act(stage: Stage, workers: Workers) -> Figures:
        everybody = list(workers.values())
        for worker in everybody:
            worker.start()
        stage.wait(0.4, everybody, plan.seconds)
        everybody[0].kill()
        everybody[0].start()
        stage.finish(everybody, plan.seconds)
        outputs = _outputs(stage)
        return {
            "committed_upstream": expected[0],
            "aborted_upstream": 11 * PARTITIONS * 20,
            "outputs": len(outputs),
            "outputs_of_aborted": sum(NEVER in value for value in outputs),
        }

    with ground.shared_broker() as broker:
        plan = ground.plan(broker, events=0)
        played = play(ground, plan, ["w1", "w2"], act, add_input)
    figures = played.figures
    scored = figures["outputs"] - figures["committed_upstream"]
    clean = figures["outputs_of_aborted"] == 0 and (ground.task != "toy" or scored == 0)
    return replace(played, identical=played.identical and clean)


def _abort(stage: Stage, topic: str, number: int) -> None:
    producer = Producer(
        {
            "bootstrap.servers": stage.config.broker.removeprefix("kafka://"),
            "transactional.id": f"{topic}.upstream",
        }
    )
    producer.init_transactions(30.0)
    producer.begin_transaction()
    for partition in range(PARTITIONS):
        for at in range(20):
            value = b"%s %d %d" % (NEVER, number, at)
            producer.produce(topic, value, b"sensor-001", partition)
    producer.flush(30.0)
    producer.abort_transaction(30.0)


def _outputs(stage: Stage) -> Sequence[bytes]:
    records: list[Outgoing] = []
    for topic in stage.config.output_topics:
        for partition in range(PARTITIONS):
            records += stage.log.read(TopicPartition(topic, partition), 0)
    return [record.value or b"" for record in records]
