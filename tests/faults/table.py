"""Every scenario by name."""

from __future__ import annotations

from collections.abc import Callable

from tests.faults import brokers, inputs, workers
from tests.faults.scenario import Ground, Outcome

SCENARIOS: dict[str, Callable[[Ground], Outcome]] = {
    "kill": workers.kill,
    "sleep": workers.sleep,
    "scale": workers.scale,
    "twin": workers.twin,
    "restart": brokers.restart,
    "leader": brokers.leader,
    "bulk": inputs.bulk,
    "aborted": inputs.aborted,
}
