"""The tasks that put a recommender's sources into one order."""

from __future__ import annotations

from stream.codec.formats.names import CONTENT_TYPES
from stream.codec.kinds import Kind
from stream.settings import Settings
from stream.settings.task import Role
from stream.tasks.sequence import SequenceTask

_KINDS = {
    Role.INPUT: Kind.INTERACTION,
    Role.ITEMS: Kind.ITEM,
    Role.USERS: Kind.USER,
    Role.REQUESTS: Kind.REQUEST,
}


def sequence_tasks(settings: Settings, recommender: str) -> list[SequenceTask]:
    """A task for each source, called `<recommender>:<source>`; none where the input is read itself.

    Raises KeyError for a name that is not configured.
    """
    chosen = settings.recommenders[recommender]
    specs = chosen.topics
    if not chosen.sequences:
        return []
    return [
        SequenceTask(
            f"{recommender}:{role}",
            specs[role],
            specs[Role.SEQUENCED],
            kind=_KINDS[role],
            dead_letters=specs[Role.DEAD_LETTERS],
            content_type=CONTENT_TYPES[source.format],
            section="recommenders",
        )
        for role, source in chosen.sources.items()
    ]
