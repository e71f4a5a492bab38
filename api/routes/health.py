"""`GET /livez`, `GET /readyz`: for probes."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response

from api.deps import Services, ServicesDep, Worker
from api.schemas.service import Check, Live, Ready
from stream.live.follower import Follower
from stream.live.status import FollowerStatus
from stream.query import DetectorView, PredictionView
from stream.runtime.health import TaskStatus

router = APIRouter(tags=["service"])

NOT_READY: dict[int | str, dict[str, Any]] = {
    503: {"model": Ready, "description": "State is being restored, or an index has to catch up."}
}


@router.get("/livez", summary="Is the process alive?")
async def livez() -> Live:
    """Answers 200 as long as the process answers at all, also while the broker is away."""
    return Live(status="alive")


@router.get("/readyz", summary="Should requests be sent here?", responses=NOT_READY)
def readyz(services: ServicesDep, response: Response) -> Ready:
    """Answers 503 until the index has caught up once, and all live states were restored once."""
    checks = _worker_checks(services.worker) if services.worker is not None else {}
    views: dict[str, DetectorView | PredictionView] = {**services.views, **services.predictions}
    checks |= {f"index:{name}": _index(services, view) for name, view in views.items()}
    checks |= {f"follow:{name}": _following(f) for name, f in services.live.followers.items()}
    ready = all(check.ready for check in checks.values())
    response.status_code = 200 if ready else 503
    return Ready(ready=ready, checks=checks)


def _index(services: Services, view: DetectorView | PredictionView) -> Check:
    problem = services.refresher.errors.get(view.name)
    ready = view.caught_up.is_set()
    return Check(
        ready=ready,
        detail=problem or ("the index has caught up" if ready else "the index is catching up"),
    )


def _following(follower: Follower) -> Check:
    status = follower.status()
    return Check(ready=status.ready, detail=status.problem or _followed(status))


def _followed(status: FollowerStatus) -> str:
    problems = [p.problem for p in status.partitions if p.problem is not None]
    restoring = [p for p in status.partitions if p.phase != "following"]
    if problems:
        return problems[0]
    if restoring or not status.partitions:
        replayed = sum(p.replayed for p in restoring)
        to_replay = sum(p.to_replay for p in restoring)
        return f"restoring: {replayed} of {to_replay} records replayed"
    behind = max(p.lag or 0 for p in status.partitions)
    return f"following {len(status.partitions)} partitions, at most {behind} records behind"


def _worker_checks(worker: Worker) -> dict[str, Check]:
    status = worker.status()
    checks = {
        f"task:{task.task}": Check(ready=task.ready, detail=_doing(task)) for task in status.tasks
    }
    ready = status.ready
    return {
        "worker": Check(ready=ready, detail="running" if ready else "starting, or stopping"),
        **checks,
    }


def _doing(task: TaskStatus) -> str:
    restoring = [partition for partition in task.partitions if partition.restoring]
    if task.error is not None:
        return task.error
    if restoring:
        replayed = sum(partition.replayed for partition in restoring)
        to_replay = sum(partition.to_replay for partition in restoring)
        return f"restoring: {replayed} of {to_replay} records replayed"
    return f"{task.phase}, partitions: {len(task.partitions)}"
