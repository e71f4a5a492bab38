"""Records on which the task raises: each alone goes to the dead letters, and nothing else changes."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream.records import Outgoing
from stream.runtime.model_errors import MAX_DETAIL, MAX_TRACEBACK, model_error
from stream.tasks.protocol import WHOLE, Output, Step
from tests.stream.runtime.harness import Run, events, filled, outputs
from tests.stream.runtime.memory import Crash, Faults, Faulty
from tests.stream.runtime.toy import POISON, PickyState, PickyTask, ToyTask

PARTITIONS = 2
TASK, PLAIN = PickyTask(PARTITIONS), ToyTask(PARTITIONS)
SHARES = {"poison": 0.03, "nulls": 0.03}
MISMATCH = "cutstream_replay_mismatch_total"
MODEL_ERRORS = "cutstream_model_errors_total"
REBUILDS = "cutstream_state_rebuilds_total"


def healthy():
    """What comes of the healthy records where the others were never there."""
    transport = filled(PLAIN, 0)
    for record in events(300, 7, **SHARES):
        transport.append([record._replace(value=b"") if is_poison(record) else record])
    whole = {tp: list(log) for tp, log in transport.logs.items()}
    for tp, log in whole.items():
        transport.logs[tp] = [r for r in log if r.value != b"" or tp.topic != "events"]
    Run(PLAIN, transport)()
    return [r[1:] for records in outputs(transport).values() for r in records]


def is_poison(record):
    return record.key is not None and record.value == POISON


def finished(transport):
    return {topic: outputs(transport, topic) for topic in ("toy", "toy.dlq")}


def undisturbed():
    transport = filled(TASK, **SHARES)
    Run(TASK, transport)()
    return finished(transport)


EXPECTED = undisturbed()


def letters(found):
    """The dead letters that have a traceback, each with its headers by name."""
    records = [(record, dict(record[4])) for log in found["toy.dlq"].values() for record in log]
    return [(record, headers) for record, headers in records if "traceback" in headers]


def test_only_the_culprits_are_dead_letters_and_as_they_came():
    poisoned = [record for record in events(300, 7, **SHARES) if is_poison(record)]
    found = letters(EXPECTED)
    assert len(found) == len(poisoned) > 5
    as_they_were = {(r.timestamp, r.key, r.value, r.headers) for r in poisoned}
    assert {(r[1], r[2], r[3], r[4][:1]) for r, _ in found} == as_they_were


def test_the_healthy_are_scored_as_if_the_others_had_not_been_there():
    ours = [record[1:] for records in EXPECTED["toy"].values() for record in records]
    assert sorted(ours) == sorted(healthy())


def test_the_traceback_tells_where_and_nothing_of_this_process():
    for _, headers in letters(EXPECTED):
        told = headers["traceback"].decode()
        first, last = told.split("\n")
        assert first.startswith("tests.stream.runtime.toy:")
        assert first.endswith(" in PickyState.process")
        assert last == headers["detail"].decode()
        assert last.startswith("ValueError: at ")
        assert last.endswith(" of <object object at 0x> in else.py")
        assert "/somewhere" not in told


sizes = {"batch_size": st.integers(1, 80), "snapshot_every": st.integers(1, 120)}


@given(**sizes)
@settings(max_examples=30)
def test_batches_and_snapshots_leave_no_trace(batch_size, snapshot_every):
    transport = filled(TASK, **SHARES)
    run = Run(TASK, transport, batch_size=batch_size, snapshot_every=snapshot_every)()
    assert finished(transport) == EXPECTED
    assert run.metric(MODEL_ERRORS) == len(letters(EXPECTED))
    assert run.metric(MISMATCH) == 0


@given(
    points=st.lists(st.tuples(st.integers(1, 200), st.booleans()), min_size=1, max_size=5),
    graceful=st.booleans(),
    **sizes,
)
@settings(max_examples=80)
def test_crashes_leave_no_trace(points, graceful, batch_size, snapshot_every):
    transport = filled(TASK, **SHARES)
    options = {"batch_size": batch_size, "snapshot_every": snapshot_every}
    for at, after in points:
        run = Run(TASK, Faulty(transport, Faults(at, after)), graceful=graceful, **options)
        with suppress(Crash):
            run()
        assert run.metric(MISMATCH) == 0
    assert Run(TASK, transport, **options)().metric(MISMATCH) == 0
    assert finished(transport) == EXPECTED


def test_a_stream_of_poison_costs_few_rebuilds_and_few_tries():
    transport = filled(TASK, 600, poison=0.3)
    before = PickyState.raised
    run = Run(TASK, transport, batch_size=100, snapshot_every=1000)()
    culprits = run.metric(MODEL_ERRORS)
    assert culprits > 100
    assert run.metric(REBUILDS) == PARTITIONS
    assert PickyState.raised - before < 8 * culprits


def test_one_culprit_in_a_long_batch_costs_the_logarithm():
    transport = filled(ToyTask(), 0)
    values = [POISON if at == 700 else b"1" for at in range(1000)]
    transport.append([Outgoing("events", b"k", value, (), 1) for value in values])
    before = PickyState.raised
    run = Run(PickyTask(), transport, batch_size=1000, snapshot_every=5000)()
    assert run.metric(MODEL_ERRORS) == 1
    assert PickyState.raised - before <= 12
    assert len(outputs(transport)[0]) == 999


def test_after_a_while_without_poison_batches_are_no_longer_split():
    task = PickyTask()
    transport = filled(ToyTask(), 0)
    values = [POISON, *[b"1"] * 400, POISON]
    transport.append([Outgoing("events", b"k", value, (), 1) for value in values])
    run = Run(task, transport, batch_size=10)()
    assert run.metric(REBUILDS) == 2
    assert run.metric(MODEL_ERRORS) == 2


def test_a_replay_begins_again_at_most_once():
    task = PickyTask()
    transport = filled(task, 400, poison=0.2)
    Run(task, transport, batch_size=20, snapshot_every=1000, polls=12, graceful=False)()
    opened = []
    task.open = lambda tp: opened.append(PickyState("toy", tp)) or opened[-1]
    run = Run(task, transport, batch_size=20, snapshot_every=1000, polls=2)()
    assert len(opened) == 2
    assert run.metric(MISMATCH) == 0
    assert run.metric("cutstream_replayed_records_total") == 220


def test_a_partition_taken_over_in_the_meantime_is_let_go():
    task = PickyTask()
    transport = filled(task, 100, poison=0.2)
    first = Run(task, transport, batch_size=20)
    advance = first.runner._processed
    others = []

    def overtaken(session, tp, records):
        if not others:
            others.append(Run(task, transport, batch_size=20, member="w1")())
        return advance(session, tp, records)

    first.runner._processed = overtaken
    first()
    assert first.metric("cutstream_fenced_total") == 1
    calm = filled(task, 100, poison=0.2)
    Run(task, calm)()
    assert finished(transport) == finished(calm)


@pytest.mark.parametrize("error", [MemoryError("no room"), OSError("no disk")])
def test_what_is_the_machines_fault_is_no_poison(error):
    class Sick(ToyTask):
        def open(self, tp):
            state = super().open(tp)

            def fail(records):
                raise error

            state.process = fail
            return state

    transport = filled(Sick())
    with pytest.raises(type(error)):
        Run(Sick(), transport)()
    assert outputs(transport, "toy.dlq") == {0: []}


def test_a_record_whose_entity_cannot_even_be_found_is_a_dead_letter():
    class Blind(ToyTask):
        def open(self, tp):
            state = super().open(tp)
            process = state.process

            def entity_of(record):
                if record.value == b"7":
                    raise KeyError("entity")
                return record.key

            def failing(records):
                if any(record.value == b"7" for record in records):
                    raise KeyError("entity")
                return process(records)

            state.entity_of, state.process = entity_of, failing
            return state

    transport = filled(Blind(), 0)
    values = [b"1", b"7", b"2"]
    transport.append([Outgoing("events", b"k", value, (), 1) for value in values])
    run = Run(Blind(), transport)()
    assert run.metric(MODEL_ERRORS) == 1
    assert [record[3].split()[2] for record in outputs(transport)[0]] == [b"1", b"2"]


def test_outputs_of_one_record_stay_together_and_in_order():
    class Twice(ToyTask):
        def open(self, tp):
            state = super().open(tp)
            process = state.process

            def twice(records):
                if any(record.value == POISON for record in records):
                    raise ValueError
                step = process(records)
                doubled = [
                    Output(o.entity, o.offset, o.record._replace(value=b"%d %d" % (o.offset, part)))
                    for o in step.outputs
                    for part in (1, 2)
                ]
                return Step(doubled, step.changed, step.forgotten)

            state.process = twice
            return state

    transport = filled(Twice(), 0)
    records = [(b"b", b"1"), (b"a", b"1"), (b"b", POISON), (b"a", b"2"), (b"b", b"2")]
    transport.append([Outgoing("events", key, value, (), 1) for key, value in records])
    Run(Twice(), transport)()
    order = [tuple(map(int, record[3].split())) for record in outputs(transport)[0]]
    assert order == [(at, part) for at in (0, 1, 3, 4) for part in (1, 2)]


def raised(function):
    try:
        function()
    except Exception as error:
        return model_error(error, __name__)
    raise AssertionError


def test_a_long_story_is_cut_short():
    def deep(level):
        if not level:
            raise ValueError("x" * 10_000 + "\nsecond line")
        try:
            deep(level - 1)
        except ValueError as error:
            raise RuntimeError(f"level {level}") from error

    def endless():
        return endless()

    for function in (lambda: deep(50), endless):
        told = raised(function)
        assert len(told.traceback) <= MAX_TRACEBACK
        assert len(told.detail) <= MAX_DETAIL
        assert "\n" not in told.detail


def test_the_cause_is_told_too():
    def fails():
        try:
            int("x")
        except ValueError as error:
            raise KeyError("y") from error

    told = raised(fails)
    assert told.detail == "KeyError: 'y'"
    assert told.traceback.split("\n") == [
        "KeyError: 'y'",
        "caused by",
        "ValueError: invalid literal for int() with base 10: 'x'",
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("<X at 0x7f00aa11bb22>", "<X at 0x>"),
        ("No such file: '/a/b-c/d.bin'", "No such file: 'd.bin'"),
        ("https://host/a/b and 1/2/3 and a/b/c", "https://host/a/b and 1/2/3 and a/b/c"),
        ("é\udcff", "é\udcff"),
    ],
)
def test_what_differs_between_processes_is_left_out(text, told):
    def fails():
        raise ValueError(text)

    assert raised(fails).detail == f"ValueError: {told}"


def test_an_exception_that_cannot_be_shown_is_told_all_the_same():
    class Mute(Exception):
        def __str__(self):
            raise RuntimeError

    def fails():
        raise Mute

    assert raised(fails).detail.endswith("Mute: an exception that cannot be shown")


class ReigningState(PickyState):
    """Its outputs name the value that the newest record of the key `k0`, which is no entity, had."""

    def __init__(self, topic, tp):
        super().__init__(topic, tp)
        self.reigns: list[list] = []

    def entity_of(self, record):
        return WHOLE if record.key == b"k0" else record.key

    def _process(self, record, step):
        if record.key == b"k0":
            if record.offset >= self.valid_at.get(WHOLE, 0) and record.value is not None:
                self.reigns.append([record.offset, record.value.decode()])
                step.changed.setdefault(WHOLE, record.offset)
            return
        before = len(step.outputs)
        super()._process(record, step)
        reigning = [value for offset, value in self.reigns if offset < record.offset]
        for at, (entity, offset, out) in enumerate(step.outputs[before:], before):
            if entity is not None:
                value = b"%s %s" % (out.value, (reigning or [""])[-1].encode())
                step.outputs[at] = Output(entity, offset, out._replace(value=value))

    def __contains__(self, entity):
        return bool(self.reigns) if entity == WHOLE else entity in self.states

    def dump(self, entity):
        return json.dumps(self.reigns).encode() if entity == WHOLE else super().dump(entity)

    def load(self, entity, state, valid_at):
        if entity != WHOLE:
            super().load(entity, state, valid_at)
            return
        self.reigns = json.loads(state)
        self.valid_at[WHOLE] = valid_at

    def forget(self, entity, valid_at=0):
        if entity == WHOLE:
            self.reigns = []
        super().forget(entity, valid_at)


class ReigningTask(PickyTask):
    def open(self, tp):
        return ReigningState(self.name, tp)


@given(batch_size=st.integers(1, 80), snapshot_every=st.integers(1, 120), crash=st.integers(1, 200))
@settings(max_examples=30, deadline=None)
def test_what_belongs_to_the_partition_is_known_to_entities_however_they_are_taken(
    batch_size, snapshot_every, crash
):
    task = ReigningTask(PARTITIONS)
    calm = filled(task, **SHARES)
    Run(task, calm, batch_size=1)()
    transport = filled(task, **SHARES)
    lengths = {"batch_size": batch_size, "snapshot_every": snapshot_every}
    with suppress(Crash):
        Run(task, Faulty(transport, Faults(crash)), graceful=False, **lengths)()
    run = Run(task, transport, **lengths)()
    assert finished(transport) == finished(calm)
    assert run.metric(MISMATCH) == 0
