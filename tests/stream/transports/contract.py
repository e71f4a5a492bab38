"""What every transport must pass, unchanged.

An implementation's test module defines two fixtures and one class:

    transport_factory   a function that opens one more client of one and the same log, empty or
    shared short_timeout       the shortest session timeout that the broker accepts, in seconds

    class TestKafka(TransportContract): ...

Offsets are taken from the records that were read: a broker may spend some on markers of its own.
"""

from __future__ import annotations

from tests.stream.transports.contracts.fencing import FencingContract
from tests.stream.transports.contracts.groups import GroupContract
from tests.stream.transports.contracts.keeping import KeepingContract
from tests.stream.transports.contracts.records import RecordContract
from tests.stream.transports.contracts.topics import TopicContract
from tests.stream.transports.contracts.transactions import TransactionContract


class TransportContract(
    TopicContract,
    RecordContract,
    TransactionContract,
    GroupContract,
    FencingContract,
    KeepingContract,
):
    """Every part of the contract."""
