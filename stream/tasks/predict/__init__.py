"""The predict task: answers every event at once, and learns when its label comes."""

from stream.tasks.predict.state import Making, Models, PredictState
from stream.tasks.predict.task import PredictTask, sequence_tasks

__all__ = ["Making", "Models", "PredictState", "PredictTask", "sequence_tasks"]
