"""Which call brings the next page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

from adapters.rest.client import Answer
from adapters.rest.objects import finder
from adapters.rest.options import ByCursor, ByLink, ByOffset, ByPage, EntityPaths, OnePage


@dataclass(frozen=True, slots=True)
class Call:
    """One GET of a list."""

    path: str
    params: dict[str, str]


def call_for(paths: EntityPaths, position: str | None, size: int, since: str | None) -> Call:
    """The call at `position` (None: the first page)."""
    paging = paths.paging
    if isinstance(paging, ByLink) and position is not None:
        return Call(position, {})
    params = dict(paths.params)
    if paging.size_param is not None:
        params[paging.size_param] = str(size)
    if paths.since is not None and since is not None:
        params[paths.since.param] = since
    match paging:
        case ByPage():
            params[paging.param] = position or str(paging.first)
        case ByOffset():
            params[paging.param] = position or "0"
        case ByCursor():
            if position is not None:
                params[paging.param] = position
        case ByLink() | OnePage():
            pass
        case _:
            assert_never(paging)
    return Call(paths.list, params)


def next_position(paths: EntityPaths, position: str | None, size: int, answer: Answer, records: int) -> str | None:
    """Where the next page stands; None behind the last."""
    paging = paths.paging
    match paging:
        case ByPage():
            full = records >= size if paging.size_param is not None else records > 0
            return str(int(position or paging.first) + 1) if full else None
        case ByOffset():
            full = records >= size if paging.size_param is not None else records > 0
            return str(int(position or 0) + records) if full else None
        case ByCursor():
            named = finder(paging.next)(answer.body)
            return None if named in (None, "", False) or records == 0 else str(named)
        case ByLink():
            return answer.next_url
        case OnePage():
            return None
        case _:
            assert_never(paging)
