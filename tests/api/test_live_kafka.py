"""On a real Kafka, an API of its own answers what the one beside the worker answers."""

from __future__ import annotations

import json
import math
from uuid import uuid4

from fastapi.testclient import TestClient
from prometheus_client import CollectorRegistry

from api.app import create_app
from models.detector import DetectorBank
from stream.cli.service import running
from stream.metrics import Metrics
from stream.records import Outgoing
from stream.runtime.options import RunnerOptions
from stream.runtime.worker import Worker
from stream.settings import loads
from stream.tasks.detect import DetectTask
from stream.transports import connect
from tests.conftest import wait_until

CONFIGURATION = """
detectors:
  {name}:
    input: {{topic: {name}, partitions: 2, features: [flow]}}
    shingle_size: 2
    warmup: 40
    forest: {{n_trees: 5, sample_size: 32}}
"""


def test_worker_and_follower_give_one_answer(kafka_address: str) -> None:
    name, url = f"live-{uuid4().hex[:8]}", f"kafka://{kafka_address}"
    settings = loads(CONFIGURATION.format(name=name))
    task = DetectTask(settings, name, DetectorBank)
    log = connect(url)
    for spec in task.topics:
        log.ensure_topic(spec)
    worker = Worker(
        lambda: connect(url),
        [task],
        RunnerOptions(poll_timeout=0.05, snapshot_every=50, member="w1"),
        Metrics(CollectorRegistry()),
    )
    values = [json.dumps({"flow": math.sin(at)}).encode() for at in range(90)]
    beside, alone = create_app(settings, log, worker), create_app(settings, log)
    with TestClient(beside) as own, TestClient(alone) as other, running(worker):
        log.append([Outgoing(name, b"a", value, (), 1000, 1) for value in values])
        path = f"/v1/detectors/{name}/entities/a/score"
        after = {"partition": 1, "offset": 89}
        question = {"values": [{"flow": 0.5}, {"flow": 50.0}], "after": after}
        for client in (own, other):
            wait_until(lambda c=client: c.post(path, json=question).status_code == 200, 60)
        answers = [client.post(path, json=question).json()["scores"] for client in (own, other)]
    assert answers[0] == answers[1]
    assert [score["status"] for score in answers[0]] == ["normal", "anomaly"]
    log.close()
