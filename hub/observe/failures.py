"""Exceptions as a log may show them: where they passed, and what they say only when that is safe.

An exception's text is written by whoever raised it: a driver quotes the row that broke a constraint, a parser the
input. Only the types given as safe promise to hold no personal data.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from structlog.typing import EventDict, WrappedLogger

FRAMES_AT_MOST = 25
CAUSES_AT_MOST = 8


@dataclass(frozen=True)
class DescribeFailure:
    """A structlog processor that turns `exc_info` into the text under `exception`; `safe` types show their message."""

    safe: tuple[type[BaseException], ...]

    def __call__(self, _logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        """The event with its error described; `stack_info` goes, a stack says nothing more."""
        error = _error_of(event.pop("exc_info", None))
        event.pop("stack_info", None)
        if error is not None:
            event["exception"] = "\n".join(self.describe(error))
        return event

    def describe(self, error: BaseException, depth: int = 0) -> Iterator[str]:
        """The error, its frames without source or locals, and what it came from, outermost first."""
        name = f"{type(error).__module__}.{type(error).__qualname__}"
        yield f"{name}: {error}" if isinstance(error, self.safe) else name
        yield from _frames(error.__traceback__)
        if depth == CAUSES_AT_MOST:
            return
        if isinstance(error, BaseExceptionGroup):
            for member in error.exceptions:
                yield "of which"
                yield from self.describe(member, depth + 1)
        cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        if cause is not None:
            yield "from"
            yield from self.describe(cause, depth + 1)


def _error_of(exc_info: object) -> BaseException | None:
    """The error in any of the forms that structlog and logging take; True means the one being handled."""
    if isinstance(exc_info, BaseException):
        return exc_info
    if isinstance(exc_info, tuple):
        _, error, _ = exc_info
        return error if isinstance(error, BaseException) else None
    return sys.exception() if exc_info else None


def _frames(trace: TracebackType | None) -> Iterator[str]:
    frames = list(traceback.walk_tb(trace))
    for frame, line in frames[-FRAMES_AT_MOST:]:
        # Three parts name a file well enough; the rest may hold the name of a user's home.
        place = "/".join(Path(frame.f_code.co_filename).parts[-3:])
        yield f"  {place}:{line} in {frame.f_code.co_name}"
