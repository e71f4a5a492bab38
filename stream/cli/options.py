"""Options that several commands share, and the log that they lead to."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stream.errors import TransportError

if TYPE_CHECKING:
    from stream.transports.protocol import Transport

DEFAULT_BROKER = "sqlite:///cutstream.db"
BROKER_VARIABLE = "CUTSTREAM_BROKER"

ConfigArgument = Annotated[Path, typer.Argument(help="The configuration, a YAML file.")]
ConfigOption = Annotated[
    Path | None, typer.Option("--config", "-c", help="A configuration; its broker is used.")
]
BrokerOption = Annotated[
    str | None,
    typer.Option(
        "--broker",
        "-b",
        help=f"The log's URL; default: the configuration's, or ${BROKER_VARIABLE}, "
        f"or {DEFAULT_BROKER}",
    ),
]


def broker_url(config: Path | None, broker: str | None) -> str:
    """The log's URL: as given, else the configuration's, the environment's or the default."""
    if broker is not None:
        return broker
    if config is not None:
        from stream.settings import load

        return load(config).broker
    return os.environ.get(BROKER_VARIABLE, DEFAULT_BROKER)


@contextmanager
def opened_log(url: str, *, create: bool = False) -> Iterator[Transport]:
    """Connect to the log behind `url` for the length of a command.

    Without `create`, a file that does not exist is an error: who looks into a log wants no new one.
    """
    from stream.transports import connect

    path = url.removeprefix("sqlite:///")
    if path != url and not create and not Path(path).is_file():
        raise TransportError(
            f"The log must exist, but there is no file '{path}'; "
            "name another with --broker or --config."
        )
    transport = connect(url)
    try:
        yield transport
    finally:
        transport.close()
