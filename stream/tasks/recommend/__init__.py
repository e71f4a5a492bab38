"""The recommend task: learns every interaction of a log, and recommends on change and on request."""

from stream.tasks.recommend.outline import Learner
from stream.tasks.recommend.sequencing import sequence_tasks
from stream.tasks.recommend.state import RecommendState
from stream.tasks.recommend.task import RecommendTask

__all__ = ["Learner", "RecommendState", "RecommendTask", "sequence_tasks"]
