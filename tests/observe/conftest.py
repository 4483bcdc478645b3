"""A log to read back, and the process's logging put back afterwards."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO

import pytest
import structlog

from hub.errors import HubError
from hub.observe.logging import configure_logging


@dataclass(frozen=True)
class Written:
    """What the log holds so far."""

    stream: StringIO

    @property
    def text(self) -> str:
        return self.stream.getvalue()

    @property
    def lines(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.text.splitlines()]


@pytest.fixture
def restored_logging() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level, raising = list(root.handlers), root.level, logging.raiseExceptions
    yield
    root.handlers, logging.raiseExceptions = handlers, raising
    root.setLevel(level)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


@pytest.fixture
def written(restored_logging: None) -> Written:
    stream = StringIO()
    configure_logging(as_json=True, level="DEBUG", safe_errors=(HubError,), stream=stream)
    return Written(stream)
