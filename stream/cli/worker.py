"""`cutstream worker`: score without serving."""

from __future__ import annotations

from stream.cli.options import ConfigArgument


def worker(config: ConfigArgument) -> None:
    """Run the tasks of a configuration, without the API.

    Several workers on one log share the partitions of every topic. On SIGTERM or Ctrl-C the batch
    in work is finished, its results are committed and the state is saved.

    \b
    [bold]Examples[/bold]
      cutstream worker cutstream.yaml
      cutstream worker examples/demo.yaml
    """
    raise NotImplementedError(config)
