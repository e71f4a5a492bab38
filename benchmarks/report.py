"""What every benchmark prints: the machine it ran on, and its results as JSON or as a table."""

from __future__ import annotations

import json
import os
import platform
from typing import Any

import numba
import numpy as np
from rich.console import Console
from rich.table import Table


def machine() -> dict[str, Any]:
    """What the figures depend on."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "numba": numba.__version__,
    }


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            for line in lines:
                if line.startswith("model name"):
                    return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor()


def show(report: dict[str, Any], *, as_json: bool) -> None:
    """Print a report: one JSON object, or tables."""
    if as_json:
        print(json.dumps(report, indent=2))
        return
    console = Console()
    for part in ("results", "ratios"):
        table = Table("name", part, title=part)
        for name, value in report[part].items():
            table.add_row(name, f"{value:,.3f}" if isinstance(value, float) else str(value))
        console.print(table)
    table = Table("goal", "wanted", "got", "met", title="goals")
    for name, goal in report["goals"].items():
        table.add_row(name, str(goal["goal"]), f"{goal['got']:.3f}", "yes" if goal["met"] else "no")
    console.print(table)
