"""Harm to the brokers."""

from __future__ import annotations

from collections.abc import Mapping

from tests.broker.cluster import Cluster
from tests.crash.processes import WorkerProcess, wait_for
from tests.crash.stage import Stage
from tests.faults.scenario import Figures, Ground, Outcome, count, play

Workers = Mapping[str, WorkerProcess]


def restart(ground: Ground) -> Outcome:
    """The only broker is stopped in good order, and later killed, under load."""
    with ground.own_broker() as broker:

        def act(stage: Stage, workers: Workers) -> Figures:
            everybody = _started(stage, workers)
            stage.wait(0.3, everybody, plan.seconds)
            broker.restart()
            stage.wait(0.6, everybody, plan.seconds)
            broker.kill()
            broker.start()
            stage.finish(everybody, plan.seconds)
            return _figures(workers)

        plan = ground.plan(f"kafka://{broker.address}")
        return play(ground, plan, ["w1", "w2"], act)


def leader(ground: Ground) -> Outcome:
    """Of three brokers, those that lead the input's first partition are killed, one after another."""
    cluster = Cluster(ground.folder / "cluster")
    try:
        cluster.start()

        def act(stage: Stage, workers: Workers) -> Figures:
            everybody = _started(stage, workers)
            topic, killed = stage.config.input_topic, []
            for share in (0.3, 0.6):
                stage.wait(share, everybody, plan.seconds)
                victim = cluster.leader(topic, 0)
                victim.kill()
                killed.append(victim.node)
                stage.wait(share + 0.2, everybody, plan.seconds)
                victim.start()
                wait_for(lambda: cluster.in_sync(topic, 0) == 3, plan.seconds, "three copies")
            stage.finish(everybody, plan.seconds)
            return _figures(workers) | {"leaders_killed": len(killed)}

        plan = ground.plan(f"kafka://{cluster.address}")
        return play(ground, plan, ["w1", "w2"], act)
    finally:
        cluster.kill()


def _started(stage: Stage, workers: Workers) -> list[WorkerProcess]:
    # librdkafka takes an answer that got lost with its broker for a fence, and the process ends.
    stage.supervised = True
    for worker in workers.values():
        worker.start()
    return list(workers.values())


def _figures(workers: Workers) -> Figures:
    return {
        "fenced": count(workers, "fenced"),
        "restarts": sum(worker.lives - 1 for worker in workers.values()),
    }
