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
    from stream.settings.log import LogAddress
    from stream.transports.protocol import Transport

DEFAULT_BROKER = "sqlite:///cutstream.db"
BROKER_VARIABLE = "CUTSTREAM_BROKER"

ConfigArgument = Annotated[Path, typer.Argument(help="The configuration, a YAML file.")]
ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config", "-c", help="A configuration; its broker is used, and how to connect to it."
    ),
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


def chosen_log(config: Path | None, broker: str | None) -> LogAddress:
    """The log as given, else the configuration's, the environment's or the default.

    A configuration also says how to connect to a log that is given by its URL: one may look at
    another cluster, or through another of its addresses, with the same certificates.
    """
    from stream.settings import load
    from stream.settings.log import LogAddress

    if config is not None:
        configured = load(config).log
        return configured if broker is None else configured._replace(url=broker)
    return LogAddress(broker or os.environ.get(BROKER_VARIABLE, DEFAULT_BROKER))


def missing_file(address: LogAddress) -> str | None:
    """The path of a log that is a file and is not there, or None."""
    path = address.url.removeprefix("sqlite:///")
    return path if path != address.url and not Path(path).is_file() else None


@contextmanager
def opened_log(address: LogAddress, *, create: bool = False) -> Iterator[Transport]:
    """Connect to a log for the length of a command.

    Without `create`, a file that does not exist is an error: who looks into a log wants no new one.
    """
    path = missing_file(address)
    if path is not None and not create:
        raise TransportError(
            f"The log must exist, but there is no file '{path}'; "
            "name another with --broker or --config."
        )
    transport = address.open()
    try:
        yield transport
    finally:
        transport.close()
