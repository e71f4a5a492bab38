"""Where the log goes: to stderr, for people on a terminal and as JSON elsewhere."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stamina.instrumentation import RetryDetails


def log_to_stderr(level: int = logging.INFO) -> None:
    """Set up structlog. Results have stdout for themselves."""
    import structlog
    from stamina.instrumentation import set_on_retry_hooks

    terminal = sys.stderr.isatty()
    renderer = structlog.dev.ConsoleRenderer() if terminal else structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *([] if terminal else [structlog.processors.format_exc_info]),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        # Looked up at each line, for stderr may be replaced after this.
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )
    set_on_retry_hooks([_retried])


def _retried(details: RetryDetails) -> None:
    import structlog

    # Stamina's own line would tell of its internals, and hide the sentence in a repr.
    log = structlog.get_logger(__name__)
    log.warning("log_tried_again", error=str(details.caused_by), tries=details.retry_num)
