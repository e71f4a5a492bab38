"""What a detector will cost: memory, snapshots, and processor."""

from stream.estimate.estimate import Estimate, estimate
from stream.estimate.speed import Calibration, Processor, calibrated
from stream.estimate.workload import Workload

__all__ = ["Calibration", "Estimate", "Processor", "Workload", "calibrated", "estimate"]
