"""What one logger says, whoever set up the logging of this process before and whatever others say meanwhile."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager


class _Kept(logging.Handler):
    def __init__(self, messages: list[str]) -> None:
        super().__init__(logging.WARNING)
        self._messages = messages

    def emit(self, record: logging.LogRecord) -> None:
        self._messages.append(record.getMessage())


@contextmanager
def heard(name: str) -> Iterator[list[str]]:
    """The messages of warnings and worse, as they come in the block."""
    messages: list[str] = []
    logger, handler = logging.getLogger(name), _Kept(messages)
    level = logger.level
    logger.setLevel(logging.WARNING)
    logger.addHandler(handler)
    yield messages
    logger.removeHandler(handler)
    logger.setLevel(level)
