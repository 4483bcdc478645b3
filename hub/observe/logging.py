"""One log for the hub and everything in its process: JSON lines for machines, colours for a person."""

from __future__ import annotations

import logging
import sys
from typing import Final, TextIO

import structlog
from structlog.typing import Processor

from hub.observe.failures import DescribeFailure
from hub.observe.foreign import SILENCED, TEMPLATED, take_foreign
from hub.observe.privacy import withhold_personal

_STAMPED: Final[tuple[Processor, ...]] = (
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
)


def configure_logging(
    *,
    as_json: bool,
    level: str = "INFO",
    safe_errors: tuple[type[BaseException], ...] = (),
    stream: TextIO | None = None,
) -> None:
    """Route structlog and the standard library's logging to `stream` (stderr); calling it again replaces the first.

    `safe_errors` are the exception types whose message may be shown; of others the log tells type and place. Uvicorn
    must be given log_config=None, or it puts its own handlers back.
    """
    stream = stream or sys.stderr
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_STAMPED,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_formatter(_renderer(stream, as_json=as_json), safe_errors))
    _take_over(handler, level)


def _renderer(stream: TextIO, *, as_json: bool) -> Processor:
    if as_json:
        return structlog.processors.JSONRenderer(ensure_ascii=False)
    return structlog.dev.ConsoleRenderer(colors=stream.isatty())


def _formatter(
    renderer: Processor, safe_errors: tuple[type[BaseException], ...]
) -> structlog.stdlib.ProcessorFormatter:
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[*_STAMPED, take_foreign],
        use_get_message=False,
        pass_foreign_args=True,
        processors=[
            DescribeFailure(safe_errors),
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            withhold_personal,
            renderer,
        ],
    )


def _take_over(handler: logging.Handler, level: str) -> None:
    # A handler that fails would print the record's arguments to stderr, past every filter.
    logging.raiseExceptions = False
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    libraries = [name for name in logging.root.manager.loggerDict if name.partition(".")[0] in TEMPLATED]
    for name in (*TEMPLATED, *libraries):
        logger = logging.getLogger(name)
        logger.handlers = []
        logger.propagate = True
    for name in SILENCED:
        logging.getLogger(name).setLevel(logging.WARNING)
