from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.codec.kinds import KIND, Kind
from stream.codec.origin import KEY, PLACE, original, with_origin
from stream.records import Record, TopicPartition
from stream.settings import loads
from stream.tasks.protocol import ModelError, PartitionState, Task
from stream.tasks.rekey import rekey_task
from stream.tasks.sequence import SequenceState
from stream.transports.protocol import TopicSpec

DAY = 86_400_000
SETTINGS = loads(
    """
    detectors:
      pumps:
        input: {topic: readings, partitions: 3, key: [site, pump], features: [flow], retention: 2d}
        dead_letters: {retention: 30d}
    """
)


def state() -> SequenceState:
    return rekey_task(SETTINGS, "pumps").open(TopicPartition("readings", 1))


def record(offset: int, value: bytes | None, key: bytes | None = b"other") -> Record:
    return Record("readings", 1, offset, 5_000, key, value, (("traceparent", b"00-1"),))


def test_the_contract_is_kept() -> None:
    task: Task = rekey_task(SETTINGS, "pumps")
    opened: PartitionState = task.open(TopicPartition("readings", 0))
    assert (task.name, task.inputs, task.snapshot_topic) == ("pumps:rekey", ("readings",), None)
    assert task.topics == (
        TopicSpec("readings", 3, 2 * DAY),
        TopicSpec("cutstream.pumps.rekeyed", 3, 7 * DAY),
        TopicSpec("readings.dlq", 3, 30 * DAY),
    )
    assert list(opened.entities()) == []
    with pytest.raises(ValueError, match="must be 'readings', got 'x'"):
        task.open(TopicPartition("x", 0))


def test_a_record_gets_the_key_of_its_entity_and_keeps_all_else() -> None:
    value = b'{"pump": 7, "site": "north", "flow": "not looked at"}'
    step = state().process([record(4, value)])
    ((entity, offset, out),) = step.outputs
    assert (entity, offset, step.changed) == (None, 4, {})
    assert (out.topic, out.key, out.value) == ("cutstream.pumps.rekeyed", b'["north",7]', value)
    assert (out.timestamp, out.partition) == (None, None)
    assert dict(out.headers) == {
        "traceparent": b"00-1",
        PLACE: b"readings/1/4/5000",
        KEY: b"other",
    }


def test_a_record_without_a_value_keeps_its_key() -> None:
    (output,) = state().process([record(4, None, b'["north",7]')]).outputs
    assert (output.record.topic, output.record.key) == ("cutstream.pumps.rekeyed", b'["north",7]')
    assert output.record.value is None


@pytest.mark.parametrize(
    ("value", "key", "reason"),
    [
        (b"{", b"k", b"undecodable"),
        (b"[]", b"k", b"not_an_object"),
        (b'{"site": "north"}', b"k", b"missing_key"),
        (None, None, b"null_value"),
        (None, b"", b"null_value"),
    ],
)
def test_what_names_no_entity_is_a_dead_letter(
    value: bytes | None, key: bytes | None, reason: bytes
) -> None:
    at = state()
    (output,) = at.process([record(9, value, key)]).outputs
    letter = output.record
    headers = dict(letter.headers)
    assert (letter.topic, letter.key, letter.value) == ("readings.dlq", key, value)
    assert (letter.timestamp, letter.partition) == (5_000, 1)
    assert headers["cutstream.error.reason"] == reason
    assert headers["cutstream.error.offset"] == b"9"
    assert headers["cutstream.error.task"] == b"pumps"
    assert dict(at.observed().dead_letters) == {reason.decode(): 1}
    assert not at.observed().dead_letters


def test_a_record_on_which_the_task_failed_is_a_dead_letter() -> None:
    output = state().refuse(record(9, b"{}"), ModelError("ValueError: no.", "line 1"))
    headers = dict(output.record.headers)
    assert headers["cutstream.error.reason"] == b"model_error"
    assert output.entity is None


def test_there_is_no_state() -> None:
    at = state()
    at.process([record(0, b'{"pump": 7, "site": "north"}')])
    assert (b'["north",7]' in at, at.entity_of(record(0, b"{}"))) == (False, None)
    at.forget(b"k")
    with pytest.raises(KeyError):
        at.dump(b"k")
    with pytest.raises(KeyError):
        at.load(b"k", b"", 0)


headers = st.lists(st.tuples(st.sampled_from(["a", PLACE, KEY, KIND]), st.binary(max_size=4))).map(
    tuple
)
records = st.builds(
    Record,
    st.from_regex(r"[a-zA-Z0-9._-]{1,20}", fullmatch=True),
    st.integers(0, 99),
    st.integers(0, 2**62),
    st.integers(-1, 2**42),
    st.none() | st.binary(max_size=5),
    st.none() | st.binary(max_size=5),
    headers,
)


@given(records, st.none() | st.sampled_from(Kind))
def test_every_record_is_found_again_behind_its_copy(
    given_record: Record, kind: Kind | None
) -> None:
    added = with_origin(given_record, kind)
    copy = Record("internal", 5, 77, 1, b"entity", given_record.value, added)
    assert original(copy) == given_record


@given(headers)
def test_headers_that_name_no_origin_change_nothing(some: tuple[tuple[str, bytes], ...]) -> None:
    record = Record("t", 0, 1, 2, b"k", b"v", some)
    assert original(record) == record


def test_the_decoder_is_that_of_the_detector() -> None:
    value = json.dumps({"pump": 1.5, "site": True}).encode()
    (output,) = state().process([record(0, value)]).outputs
    assert output.record.key == b"[true,1.5]"
