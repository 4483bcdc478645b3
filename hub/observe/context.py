"""Which request, flow and run a line of the log belongs to, carried over tasks, threads and the dispatch table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from structlog.contextvars import bound_contextvars, get_contextvars

CARRIED = ("request_id", "flow", "run_id")


@contextmanager
def bind_context(
    *, request_id: str | None = None, flow: str | None = None, run_id: str | None = None
) -> Iterator[None]:
    """Every line logged inside the block, and in tasks started there, tells these; None leaves what was bound."""
    given = {"request_id": request_id, "flow": flow, "run_id": run_id}
    with bound_contextvars(**{key: value for key, value in given.items() if value is not None}):
        yield


def carried_context() -> dict[str, str]:
    """What is bound now, as text that fits in a dispatch row."""
    bound = get_contextvars()
    return {key: str(bound[key]) for key in CARRIED if key in bound}


@contextmanager
def restore_context(carried: Mapping[str, object]) -> Iterator[None]:
    """Go on under the context of whoever wrote the dispatch row; keys this version does not know are left out."""
    with bound_contextvars(**{key: str(carried[key]) for key in CARRIED if key in carried}):
        yield
