"""Prometheus metrics: the table of all of them, and what fills it."""

from __future__ import annotations

from stream.metrics.metrics import Metrics
from stream.metrics.observed import Observable, Observed
from stream.metrics.table import TABLE, Metric
from stream.metrics.task import TaskMetrics

__all__ = ["TABLE", "Metric", "Metrics", "Observable", "Observed", "TaskMetrics"]
