"""Harm to the workers."""

from __future__ import annotations

import random
from collections.abc import Mapping
from threading import Event

from tests.crash.processes import WorkerProcess, wait_for
from tests.crash.stage import Stage
from tests.faults.scenario import Figures, Ground, Outcome, count, play, replayed_events

Workers = Mapping[str, WorkerProcess]


def kill(ground: Ground) -> Outcome:
    """Workers are killed at random moments and started again."""
    chance = random.Random(ground.seed)
    moments = sorted(chance.uniform(0.02, 0.95) for _ in range(ground.times))

    def act(stage: Stage, workers: Workers) -> Figures:
        everybody = list(workers.values())
        for worker in everybody:
            worker.start()
        for moment in moments:
            stage.wait(moment, everybody, plan.seconds)
            victim = chance.choice(everybody)
            # Not for synchronisation: it moves the kill to anywhere in a batch.
            Event().wait(chance.random() * 0.03)
            victim.kill()
            victim.start()
        stage.finish(everybody, plan.seconds)
        return {"kills": len(moments), "replayed": replayed_events(workers)}

    with ground.shared_broker() as broker:
        plan = ground.plan(broker)
        return play(ground, plan, ["w1", "w2"], act)


def sleep(ground: Ground) -> Outcome:
    """A worker is stopped until another has its partitions, and then woken: none of what it still
    writes may be seen."""
    chance = random.Random(ground.seed)

    def act(stage: Stage, workers: Workers) -> Figures:
        awake, sleeper = workers["w1"], workers["w2"]
        awake.start()
        sleeper.start()
        for turn in range(ground.times):
            stage.wait((turn + 0.3) / (ground.times + 0.3), [awake, sleeper], plan.seconds)
            _nap(stage, awake, sleeper, chance, plan.seconds)
        stage.finish([awake, sleeper], plan.seconds)
        return {
            "fenced": count({"w2": sleeper}, "fenced"),
            "gained": count({"w1": awake}, "partition_restored"),
        }

    with ground.shared_broker() as broker:
        plan = ground.plan(broker)
        return play(ground, plan, ["w1", "w2"], act)


def _nap(
    stage: Stage,
    awake: WorkerProcess,
    sleeper: WorkerProcess,
    chance: random.Random,
    seconds: float,
) -> None:
    def may_go_on(worker: WorkerProcess, restored: int) -> bool:
        return stage.share() >= 1.0 or _restored(worker) > restored

    # It has to have something that can be taken from it, and to be anywhere in a batch.
    wait_for(lambda: may_go_on(sleeper, 0), seconds, "the first share of the sleeper")
    Event().wait(chance.random() * 0.1)
    before = _restored(awake)
    sleeper.suspend()
    try:
        wait_for(lambda: may_go_on(awake, before), seconds, "the take-over")
        again = _restored(sleeper)
    finally:
        sleeper.resume()
    wait_for(lambda: may_go_on(sleeper, again), seconds, "the return of the sleeper")


def _restored(worker: WorkerProcess) -> int:
    return len(worker.logged("partition_restored"))


def scale(ground: Ground) -> Outcome:
    """One worker, then three, then two, under load."""

    def act(stage: Stage, workers: Workers) -> Figures:
        first, second, third = workers.values()
        first.start()
        stage.wait(0.2, [first], plan.seconds)
        second.start()
        third.start()
        stage.wait(0.6, [first, second, third], plan.seconds)
        wait_for(second.has_started, plan.seconds, "the start of the second")
        code = second.terminate()
        if code != 0:
            raise RuntimeError(f"A worker that is no longer needed must end with 0, got {code}")
        stage.finish([first, third], plan.seconds)
        return {
            "restored": count(workers, "partition_restored"),
            "replayed": replayed_events(workers),
        }

    with ground.shared_broker() as broker:
        plan = ground.plan(broker)
        return play(ground, plan, ["w1", "w2", "w3"], act)


def twin(ground: Ground) -> Outcome:
    """A second process takes the name of a running one: the first is fenced."""

    def act(stage: Stage, workers: Workers) -> Figures:
        elder = workers["w1"]
        younger = WorkerProcess(stage.path, "w1", "twin")
        elder.start()
        stage.wait(0.3, [elder], plan.seconds)
        younger.start()
        try:
            wait_for(elder.has_ended, plan.seconds, "the end of the elder twin")
            stage.finish([younger], plan.seconds)
        finally:
            younger.close()
        return {"elder_exit_code": elder.exit_code() or 0}

    with ground.shared_broker() as broker:
        plan = ground.plan(broker)
        return play(ground, plan, ["w1"], act)
