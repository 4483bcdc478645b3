"""Lines that arrive through the standard library's logging."""

from __future__ import annotations

import logging
from pathlib import Path

from structlog.typing import EventDict, WrappedLogger

OWN = ("hub", "schema", "adapters", "examples")
"""Loggers whose formatted message is ours to answer for."""

TEMPLATED = ("uvicorn", "dramatiq", "sqlalchemy", "alembic")
"""Libraries that keep values apart from the text: the text is shown, the values are not.

Uvicorn puts the query string among them, Dramatiq arguments, SQLAlchemy parameters.
"""

SILENCED = (
    "uvicorn",
    "uvicorn.error",
    "uvicorn.access",
    "dramatiq",
    "alembic",
    "httpx2",
    "httpcore2",
    "sqlalchemy.engine",
    "pika",
)
"""Only their warnings are shown: the rest are URLs, statements, threads that start, or migrations without a name."""


def take_foreign(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """The text of a record as far as its logger is known; of any other only the place in the code.

    Needs a ProcessorFormatter that passes the arguments on and does not format the text itself.
    """
    record: logging.LogRecord = event["_record"]
    values = event.pop("positional_args", ())
    text = str(record.msg)
    if _belongs(record.name, OWN):
        event["event"] = _filled(text, values)
    elif _belongs(record.name, TEMPLATED) and values:
        event["event"] = text
    else:
        event["event"] = "a library logged something"
        event["source"] = "/".join(Path(record.pathname).parts[-3:]) + f":{record.lineno}"
    return event


def _belongs(name: str, roots: tuple[str, ...]) -> bool:
    return name.partition(".")[0] in roots


def _filled(text: str, values: object) -> str:
    if not values:
        return text
    try:
        return text % values
    except (TypeError, ValueError, KeyError):  # they do not fit the text, which still tells something
        return text
