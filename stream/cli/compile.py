"""`cutstream compile`: fill the cache of compiled kernels."""

from __future__ import annotations


def compile_command() -> None:
    """Compile the kernels now, so that no start has to wait for it.

    Every command that needs them does so by itself, and finds them in the cache from then on.
    This is for making an image, whose first start should be as quick as the next ones. A cache
    counts only on the kind of processor that it was made for: the machine's own, or the one that
    NUMBA_CPU_NAME names.

    \b
    [bold]Examples[/bold]
      cutstream compile
      NUMBA_CPU_NAME=x86-64-v3 NUMBA_CACHE_DIR=/app/kernels cutstream compile
    """
    from models.detector.compile import compile_kernels as compile_detector
    from models.recommend.compile import compile_kernels as compile_recommender
    from stream.cli.compiling import compiling_shown
    from stream.cli.console import stderr

    with compiling_shown() as compiled:
        compile_detector()
        compile_recommender()
    stderr().print(compiled.sentence())
