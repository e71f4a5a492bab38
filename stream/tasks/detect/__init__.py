"""The detect task: scores every record of a topic, one detector per entity."""

from stream.tasks.detect.state import Bank, DetectState
from stream.tasks.detect.task import DetectTask

__all__ = ["Bank", "DetectState", "DetectTask"]
