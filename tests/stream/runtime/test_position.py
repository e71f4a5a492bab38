from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.errors import RecoveryError
from stream.records import Committed, TopicPartition
from stream.runtime.position import Position, decode_position

TP = TopicPartition("events", 0)


@given(st.integers(0, 2**62), st.data(), st.integers(0, 2**64 - 1))
def test_a_position_reads_back_as_it_was_written(offset, chance, audit):
    position = Position(offset, chance.draw(st.integers(0, offset)), audit)
    committed = position.encode()
    assert len(committed.metadata) < 200
    assert decode_position(TP, committed) == position


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        ("", r"metadata of events-0@9 must be JSON with 'v', 'replay_from' and 'audit', got ''"),
        ("[]", "must be JSON with"),
        ('{"v":1,"replay_from":3}', "must be JSON with"),
        ('{"v":1,"replay_from":"x","audit":"0"}', "must be JSON with"),
        ('{"v":3,"replay_from":3,"audit":"0"}', "must be of version 2, got 3"),
        ('{"v":1,"replay_from":10,"audit":"0"}', "from 0 to the committed offset 9, got 10"),
        ('{"v":1,"replay_from":-1,"audit":"0"}', "from 0 to the committed offset 9, got -1"),
    ],
)
def test_what_somebody_else_wrote_is_refused(metadata, message):
    with pytest.raises(RecoveryError, match=message):
        decode_position(TP, Committed(9, metadata))


def test_a_commit_of_before_the_configuration_was_told_is_read():
    old = Committed(12, '{"v":1,"replay_from":3,"audit":"00000000000000ff"}')
    assert decode_position(TP, old) == Position(12, 3, 255, "")
