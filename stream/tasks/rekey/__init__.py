"""The re-key task: copies every record of a topic into an internal one, keyed by its entity."""

from stream.tasks.rekey.state import RekeyState
from stream.tasks.rekey.task import RekeyTask

__all__ = ["RekeyState", "RekeyTask"]
