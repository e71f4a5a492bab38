from __future__ import annotations

import os
import subprocess
import sys

from numba.core.event import trigger_event

from models.compiled import KERNELS, watched

# Of a library that the service makes no use of: their first call may compile them.
UNUSED = {"models.recommend.click.machine": {"learn_examples", "score_examples"}}

FORGOTTEN = """
import sys
from models.compiled import KERNELS
from models.detector.compile import compile_kernels as compile_detector
from models.recommend.compile import compile_kernels as compile_recommender
compile_detector()
compile_recommender()
kernels = {id(kernel) for kernel in KERNELS}
for name, module in sorted(sys.modules.items()):
    if name.startswith(("models.detector.", "models.recommend.")) and ".kernels" not in name:
        for called, found in vars(module).items():
            if id(found) in kernels and not found.signatures:
                print(name, called)
"""


def test_no_kernel_is_left_to_be_compiled_by_a_record_or_a_question() -> None:
    done = subprocess.run(
        [sys.executable, "-c", FORGOTTEN],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"NUMBA_DISABLE_JIT": "0"},
    )
    named = {tuple(line.split()) for line in done.stdout.splitlines()}
    assert named == {(module, name) for module, names in UNUSED.items() for name in names}


def test_what_is_compiled_is_told_with_the_number_of_all_kernels() -> None:
    import models.forest.kernels.randomness as some

    told: list[tuple[int, int]] = []
    with watched(lambda done, total: told.append((done, total))):
        for dispatcher in (some.bits, some.mix, some.bits, object()):
            with trigger_event("numba:compile", {"dispatcher": dispatcher}):
                pass
    assert told == [(0, len(KERNELS)), (1, len(KERNELS)), (2, len(KERNELS))]
    with trigger_event("numba:compile", {"dispatcher": some.tree_seed}):
        assert len(told) == 3
