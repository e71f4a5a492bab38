from __future__ import annotations

from stream.query import partition_lags
from stream.records import Committed, Outgoing, TopicPartition
from stream.transports import Transport
from tests.stream.query.records import GROUP, INPUT


def test_a_topic_that_does_not_exist_has_no_partitions(empty_transport: Transport) -> None:
    assert partition_lags(empty_transport, INPUT, GROUP) == []


def test_lag_counts_from_the_commit_or_from_the_beginning(transport: Transport) -> None:
    transport.append([Outgoing(INPUT, None, b"{}", (), 1, n % 2) for n in range(10)])
    session = transport.session(GROUP, [INPUT], member="m")
    while not session.assignment():
        session.poll(1, 0.1)
    session.begin()
    session.commit({TopicPartition(INPUT, 0): Committed(3)})
    session.close()
    assert [tuple(lag) for lag in partition_lags(transport, INPUT, GROUP)] == [
        (0, 0, 5, 3, 2),
        (1, 0, 5, None, 5),
    ]
