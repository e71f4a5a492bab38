"""Two steps, each exactly once: whatever crashes, every record is scored once, in the order of the internal log."""

from __future__ import annotations

import json
from contextlib import closing, suppress
from pathlib import Path
from uuid import uuid4

from hypothesis import given, settings
from hypothesis import strategies as st

from stream.transports import connect
from tests.stream.runtime.harness import Run
from tests.stream.runtime.memory import Crash, Faults, Faulty, MemoryTransport
from tests.stream.tasks.rekey.steps import COUNT, Steps, everything, share

STEPS = Steps("readings")


def filled() -> MemoryTransport:
    log = MemoryTransport()
    STEPS.declare(log)
    log.append(STEPS.readings())
    return log


def test_an_undisturbed_run_tells_of_the_original_records() -> None:
    log = filled()
    Run(STEPS.rekey, log)()
    Run(STEPS.detect, log)()
    STEPS.check(log)
    inputs = {record[:3]: record for record in everything(log, STEPS.input)}
    scores = everything(log, STEPS.scores)
    for score in scores:
        told = json.loads(score.value or b"")
        place = (*told["source"].values(),)
        reading = inputs[place]
        assert json.loads(reading.value or b"")["pump"] == told["entity"]
        assert score.key == told["entity"].encode()
        assert dict(score.headers)["ce_id"].decode() == "{}-{}-{}-readings".format(*place)
        assert score.timestamp == reading.timestamp
    letters = everything(log, STEPS.letters)
    for letter in letters:
        headers = dict(letter.headers)
        topic, partition, offset = (
            headers[f"cutstream.error.{part}"] for part in ("topic", "partition", "offset")
        )
        found = inputs[(topic.decode(), int(partition), int(offset))]
        assert letter[3:6] == found[3:6]
        assert letter.headers[: len(found.headers)] == found.headers
        assert not any(name.startswith("cutstream.origin") for name in headers)
    forgotten = [record for record in inputs.values() if record.value is None]
    assert len(forgotten) > 0
    assert len(scores) + len(letters) + len(forgotten) == COUNT


@given(
    lives=st.lists(
        st.tuples(st.sampled_from([STEPS.rekey, STEPS.detect]), st.integers(1, 120), st.booleans()),
        max_size=6,
    ),
    batch_size=st.integers(1, 60),
    snapshot_every=st.integers(1, 90),
)
@settings(max_examples=60, deadline=None)
def test_crashes_of_either_step_leave_no_trace(lives, batch_size, snapshot_every) -> None:
    log = filled()
    options = {"batch_size": batch_size, "snapshot_every": snapshot_every}
    for task, at, after in lives:
        with suppress(Crash):
            Run(task, Faulty(log, Faults(at, after)), **options)()
    Run(STEPS.rekey, log, **options)()
    Run(STEPS.detect, log, **options)()
    STEPS.check(log)


def test_two_workers_share_both_steps_on_an_embedded_log(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/log.db"
    with closing(connect(url)) as log:
        share(url, log, STEPS)


def test_two_workers_share_both_steps_on_kafka(kafka_address: str) -> None:
    url = f"kafka://{kafka_address}"
    with closing(connect(url)) as log:
        share(url, log, Steps(f"readings-{uuid4().hex[:8]}"))
