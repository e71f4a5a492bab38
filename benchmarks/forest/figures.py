"""What a run has found."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Figures:
    """results: name with unit -> figure; ratios: name -> ours / peer; goals: name -> goal, got, met."""

    results: dict[str, float] = field(default_factory=dict)
    ratios: dict[str, float] = field(default_factory=dict)
    goals: dict[str, dict[str, Any]] = field(default_factory=dict)

    def compare(self, name: str, ours: float, peer: float, goal: float | None = None) -> None:
        """Note a ratio, and the goal that it must reach."""
        self.ratios[name] = ours / peer
        if goal is not None:
            got = ours / peer
            self.goals[name] = {"goal": f">= {goal:g}", "got": got, "met": got >= goal}

    def at_most(self, name: str, goal: float, got: float) -> None:
        """Note a goal that is met from above."""
        self.goals[name] = {"goal": f"<= {goal:g}", "got": got, "met": got <= goal}
