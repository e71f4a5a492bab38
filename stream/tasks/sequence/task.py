"""The sequencing of one topic as a task."""

from __future__ import annotations

from collections.abc import Sequence

from stream.codec.cloud_events import JSON_TYPE, Owner
from stream.codec.kinds import Kind
from stream.records import TopicPartition
from stream.tasks.digest import configuration_digest
from stream.tasks.sequence.state import KeyOf, SequenceState
from stream.transports.protocol import TopicSpec


class SequenceTask:
    """Reads `source` and writes every record, in the order of its partition, to `target`.

    Several of these, with one target, make of several topics one ordered log: once written, the
    order is the same for every reader. Where a copy goes is decided by its key; without one, the
    target must have one partition.

    name: unique among all tasks: that of the task which reads the target, a colon, and what is
        sequenced (`shop:items`); no configured task's name has a colon.
    kind: what the copies are marked as (see stream.codec.kinds); None leaves them unmarked.
    key_of: the key of a record's copy, or why it is refused; a record without a value keeps the
        key that it has. None: all keep their keys.
    dead_letters: where refused records go.
    content_type: of the source's values, for records that do not say it.
    keying: all that `key_of` depends on, as text.
    section: of the configuration, in which the task stands that reads the target.
    """

    def __init__(
        self,
        name: str,
        source: TopicSpec,
        target: TopicSpec,
        *,
        kind: Kind | None,
        dead_letters: TopicSpec,
        key_of: KeyOf | None = None,
        content_type: str = JSON_TYPE,
        keying: str = "",
        section: Owner = "detectors",
    ) -> None:
        self._name = name
        self._source = source
        self._target = target
        self._kind = kind
        self._dead_letters = dead_letters
        self._key_of = key_of
        self._content_type = content_type
        self._section: Owner = section
        self._digest = configuration_digest(target.name, kind or "", keying)

    @property
    def name(self) -> str:
        """What it was given."""
        return self._name

    @property
    def configuration(self) -> str:
        """A digest of what the copies depend on, and of the release."""
        return self._digest

    @property
    def inputs(self) -> Sequence[str]:
        """The one topic that it reads."""
        return (self._source.name,)

    @property
    def topics(self) -> Sequence[TopicSpec]:
        """Source, target and dead letters."""
        return (self._source, self._target, self._dead_letters)

    @property
    def snapshot_topic(self) -> None:
        """None: there is no state to be saved."""

    def open(self, tp: TopicPartition) -> SequenceState:
        """What there is to be had for one input partition."""
        if tp.topic != self._source.name:
            raise ValueError(f"The topic must be {self._source.name!r}, got {tp.topic!r}.")
        return SequenceState(
            self._name.partition(":")[0],
            target=self._target.name,
            kind=self._kind,
            key_of=self._key_of,
            dead_letter_topic=self._dead_letters.name,
            content_type=self._content_type,
            section=self._section,
        )
