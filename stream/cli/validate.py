"""`cutstream validate`: check a configuration."""

from __future__ import annotations

from stream.cli.console import stdout
from stream.cli.options import ConfigArgument


def validate(config: ConfigArgument) -> None:
    """Check a configuration and say what it would run.

    Every problem is listed on stderr, one sentence each, and the exit code is 2.

    \b
    [bold]Examples[/bold]
      cutstream validate examples/demo.yaml
      cutstream validate cutstream.yaml && cutstream run cutstream.yaml
    """
    from stream.settings import load

    settings = load(config)
    console = stdout()
    console.print(f"{config} is sound. Broker: {settings.broker}", markup=False)
    for name, detector in settings.detectors.items():
        console.print(f"  {name}: {detector}", markup=False)
