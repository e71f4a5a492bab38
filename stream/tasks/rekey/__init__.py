"""The re-key task: copies every record of a detector's input into an internal topic, keyed by its entity."""

from stream.tasks.rekey.task import rekey_task

__all__ = ["rekey_task"]
