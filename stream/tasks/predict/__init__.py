"""The predict task: answers every event at once, and learns when its label comes."""

from stream.tasks.predict.learner import Making, Models
from stream.tasks.predict.state import OWN, PredictState
from stream.tasks.predict.task import PredictTask, Source, sequence_tasks

__all__ = ["OWN", "Making", "Models", "PredictState", "PredictTask", "Source", "sequence_tasks"]
