"""What is told of an exception that a task raised, so that two runs tell the same."""

from __future__ import annotations

import re
from collections.abc import Iterator
from types import TracebackType

from stream.tasks.protocol import ModelError

MAX_DETAIL = 500
MAX_TRACEBACK = 4000
MAX_FRAMES = 20
"""Characters, and innermost calls of each exception, that are kept."""
MAX_CAUSES = 3

_ADDRESS = re.compile(r"0x[0-9a-fA-F]{4,}")
# The folders of a path that begins at the root; its last part stays.
_FOLDERS = re.compile(r"(?<![\w/:.])/(?:[^\s/'\"<>|]+/)+")


def model_error(
    error: BaseException, skip: str, handled: BaseException | None = None
) -> ModelError:
    """The exception as text without addresses, folders or anything else of this process.

    skip: the module whose own frames are left out; what it calls is told. handled: what was being
    handled when the task was called, which Python would take for a cause.
    """
    told = [_told(one, skip) for one in _causes(error, handled)]
    detail = _summary(error).replace("\n", " ")
    # What is cut off is the outermost.
    return ModelError(detail[:MAX_DETAIL], "\ncaused by\n".join(told)[-MAX_TRACEBACK:])


def _causes(error: BaseException, handled: BaseException | None) -> Iterator[BaseException]:
    """The exception, and what it came of."""
    found: BaseException | None = error
    for _ in range(MAX_CAUSES):
        if found is None or found is handled:
            return
        yield found
        found = found.__cause__ or (None if found.__suppress_context__ else found.__context__)


def _told(error: BaseException, skip: str) -> str:
    frames = list(_frames(error.__traceback__, skip))
    return "\n".join([*frames[-MAX_FRAMES:], _summary(error)])


def _frames(traceback: TracebackType | None, skip: str) -> Iterator[str]:
    while traceback is not None:
        frame = traceback.tb_frame
        module = frame.f_globals.get("__name__", "?")
        if module != skip:
            yield f"{module}:{traceback.tb_lineno} in {frame.f_code.co_qualname}"
        traceback = traceback.tb_next


def _summary(error: BaseException) -> str:
    try:
        text = str(error)
    except Exception:  # a broken exception must not be worse than the fault that it tells of
        text = "an exception that cannot be shown"
    text = _FOLDERS.sub("", _ADDRESS.sub("0x", text[: 4 * MAX_DETAIL]))
    return f"{type(error).__qualname__}: {text[:MAX_DETAIL]}"
