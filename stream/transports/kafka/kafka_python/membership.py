"""How a member of a group behaves where kafka-python's own way does not serve us."""

from __future__ import annotations

from collections.abc import Iterable
from time import monotonic
from typing import Any

from kafka import ConsumerRebalanceListener, KafkaConsumer
from kafka.coordinator.consumer import ConsumerCoordinator
from kafka.errors import FencedInstanceIdError, KafkaTimeoutError
from kafka.structs import MemberState
from kafka.util import WeakMethod

from stream.records import TopicPartition
from stream.transports.kafka.client import NO_CHANGES, Changes


class StaticMember(ConsumerCoordinator):  # type: ignore[misc]  # the library ships no types
    """A coordinator whose static member leaves when it falls silent or closes, and notices when it
    was replaced.

    The base class never sends LeaveGroup for a static member, so that others would wait out its
    session; forgets the member's id when it fell silent, so that its next join would fence a newer
    process of its name; when a heartbeat says that the member was fenced, stops heartbeats and
    goes on reading; and when a join has ended between two polls, throws it away and joins again,
    which makes the whole group rebalance once more.
    """

    # Of the base class, which has no types.
    _join_task: Any
    rejoining: bool

    async def join_group_async(self, timeout_ms: float | None = None) -> bool:
        """Join, or take the join that has ended since the last poll."""
        task = self._join_task
        if task is None or not self.rejoining or not task.succeeded():
            return bool(await super().join_group_async(timeout_ms))
        self._join_task = None
        with self._lock:
            self.rejoining = False
            self.rejoin_needed = False
            self.state = MemberState.STABLE
            self._enable_heartbeat()
        generation = self._generation
        await self._on_join_complete_async(
            generation.generation_id, generation.member_id, generation.protocol, task.value
        )
        return True

    def is_dynamic_member(self) -> bool:
        """Asked only before a LeaveGroup; the request carries the instance id as well, so it never
        removes a newer member of the same name."""
        return True

    async def maybe_leave_group_async(
        self, reason: str | None = None, timeout_ms: float | None = None
    ) -> None:
        """Leave; after a silence, join again as who it was, which a newer member of the name wins."""
        member_id = self._generation.member_id
        await super().maybe_leave_group_async(reason, timeout_ms)
        self.reset_generation(member_id=member_id)

    def _handle_heartbeat_response(self, response: object, send_time: float) -> None:
        try:
            super()._handle_heartbeat_response(response, send_time)
        except FencedInstanceIdError:
            # The base class raises it from the next poll when a commit has found it out.
            self._async_commit_fenced = True
            raise


def install(consumer: KafkaConsumer) -> StaticMember:
    """Give a consumer that has not subscribed yet this coordinator instead of its own."""
    replaced = consumer._coordinator
    consumer._cluster.remove_listener(WeakMethod(replaced._handle_metadata_update))
    assignors = consumer.config["partition_assignment_strategy"]
    coordinator = StaticMember(
        consumer._client,
        consumer._subscription,
        metrics=consumer._metrics,
        assignors=assignors,
        **consumer.config,
    )
    consumer._coordinator = coordinator
    return coordinator


def await_metadata(consumer: KafkaConsumer, topics: Iterable[str], seconds: float) -> None:
    """Wait until the consumer knows the partitions of its topics.

    A subscription may miss the metadata request that is under way. A member that leads its group
    then hands out no partitions, and notices only minutes later. Raises KafkaTimeoutError.
    """
    cluster, manager, deadline = consumer._cluster, consumer._manager, monotonic() + seconds
    while any(cluster.partitions_for_topic(topic) is None for topic in topics):
        left_ms = (deadline - monotonic()) * 1000.0
        if left_ms <= 0.0:
            raise KafkaTimeoutError("no metadata of the subscribed topics")
        consumer._net.run(manager.wait_for, cluster.request_update(), left_ms)


class Rebalances(ConsumerRebalanceListener):  # type: ignore[misc]  # the library ships no types
    """Records what rebalances did. It is called on the library's I/O thread, but only while the
    member's own thread waits in `poll` or `close`."""

    def __init__(self) -> None:
        self._lost: set[TopicPartition] = set()
        self._gained: set[TopicPartition] = set()

    def on_partitions_revoked(self, revoked: Iterable[tuple[str, int]]) -> None:
        """Partitions went in good order."""
        for tp in revoked:
            # What comes and goes between two reports was never there.
            if tp in self._gained:
                self._gained.remove(tp)
            else:
                self._lost.add(TopicPartition(*tp))

    def on_partitions_lost(self, lost: Iterable[tuple[str, int]]) -> None:
        """Partitions went because the member was thrown out."""
        self.on_partitions_revoked(lost)

    def on_partitions_assigned(self, assigned: Iterable[tuple[str, int]]) -> None:
        """Partitions came."""
        self._gained.update(TopicPartition(*tp) for tp in assigned)

    def take(self) -> Changes:
        """What happened since the last call."""
        if not self._lost and not self._gained:
            return NO_CHANGES
        changes = Changes(frozenset(self._lost), frozenset(self._gained))
        self._lost.clear()
        self._gained.clear()
        return changes
