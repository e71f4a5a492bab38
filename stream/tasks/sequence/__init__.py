"""The sequence task: copies every record of a topic into an internal one, where the log that a task reads is made
of several topics, or keyed by its entities."""

from stream.tasks.sequence.state import KeyOf, SequenceState
from stream.tasks.sequence.task import SequenceTask

__all__ = ["KeyOf", "SequenceState", "SequenceTask"]
