"""Makes docs/cli.md out of the commands' own help: `make docs`. A test compares the two."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from typing import Any

import typer

from api.cli import app

INTRODUCTION = """# Command line

Made from the commands' own help by `make docs`. Every command has `--help`.

Results go to stdout, progress and errors to stderr. The exit code is 0 for success, 2 for a wrong
option or configuration (one sentence per problem), 1 for any other failure; `topics plan` has one more.
"""


def commands(
    node: Any = None, words: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command of the tree, by name, with the words that call it."""
    node = typer.main.get_command(app) if node is None else node
    children = getattr(node, "commands", None)
    if children is None:
        yield words, node
        return
    for name in sorted(children):
        yield from commands(children[name], (*words, name))


def reference() -> str:
    """The whole page."""
    return "\n".join([INTRODUCTION, *(_section(words, node) for words, node in commands())])


def _section(words: tuple[str, ...], node: Any) -> str:
    text, _, examples = inspect.cleandoc(node.help).partition("\b\n[bold]Examples[/bold]\n")
    lines = [f"## cutstream {' '.join(words)}", "", text.strip(), "", "```sh"]
    lines += [line.strip() for line in examples.strip().splitlines()]
    lines += ["```", ""]
    rows = [_row(parameter) for parameter in node.params if parameter.name != "help"]
    if rows:
        lines += ["| parameter | meaning |", "|---|---|", *rows, ""]
    return "\n".join(lines)


def _row(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        name = parameter.name.upper()
        shown = f"`{name}`" if parameter.required else f"`[{name}]`"
    else:
        flag = "" if parameter.is_flag else f" {(parameter.metavar or 'VALUE').upper()}"
        shown = ", ".join(f"`{option}{flag}`" for option in parameter.opts)
    meaning = parameter.help.replace("|", "\\|")
    default = parameter.default
    if isinstance(default, int | float) and not isinstance(default, bool):
        meaning += f" Default: {default}."
    return f"| {shown} | {meaning} |"


if __name__ == "__main__":
    sys.stdout.write(reference())
