"""`cutstream worker`: learn without serving."""

from __future__ import annotations

import typer

from stream.cli.console import EXIT_FAILED
from stream.cli.options import ConfigArgument


def worker(config: ConfigArgument) -> None:
    """Run the tasks of a configuration, without the API.

    Several workers on one log share the partitions of every topic. On SIGTERM or Ctrl-C the batch
    in work is finished, its results are committed and the state is saved; a second signal leaves
    at once, and the next start has a little more to read again.

    \b
    [bold]Examples[/bold]
      cutstream worker cutstream.yaml
      cutstream worker examples/demo.yaml 2> worker.log
    """
    from prometheus_client import CollectorRegistry

    from stream.cli.logs import log_to_stderr
    from stream.cli.options import opened_log
    from stream.cli.probes import served_probes
    from stream.cli.service import check_topics, compile_kernels, make_worker
    from stream.runtime.signals import run_until_signal
    from stream.settings import load

    settings = load(config)
    log_to_stderr()
    registry = CollectorRegistry()
    with served_probes(settings, registry) as probes:
        compile_kernels(settings)
        with opened_log(settings.log, create=True) as log:
            check_topics(settings, log)
        probes.worker = make_worker(settings, registry)
        in_order = run_until_signal(probes.worker)
    if not in_order:
        raise typer.Exit(EXIT_FAILED)
