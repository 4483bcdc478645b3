"""One page of a delivery, from a bookmark on."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing
from dataclasses import replace

from adapters.files.bookmark import Bookmark
from adapters.files.delivery import Delivery
from adapters.files.lines import Place
from adapters.files.objects import ObjectReader
from adapters.files.options import EntityLayout
from adapters.files.row_index import RowIndex
from adapters.files.rows import read_rows
from hub.ports.pages import PullPage
from hub.records.source import SourceObject, Unreadable


def read_page(delivery: Delivery, layout: EntityLayout, index: RowIndex, start: Bookmark, limit: int) -> PullPage:
    """Up to `limit` objects and unreadable rows together; the set proves deletions only when each row was readable."""
    set_began = delivery.as_of if index.is_whole() else None
    set_read = (delivery.as_of, delivery.finished)
    if start.complete:
        return PullPage((), start.as_cursor(), last=True, set_began=set_began, set_read=set_read)
    objects: list[SourceObject] = []
    unreadable: list[Unreadable] = []
    mark = start
    with closing(_found(delivery, layout, index, start, limit)) as found:
        for behind, one in found:
            mark = behind
            if isinstance(one, SourceObject):
                objects.append(one)
            else:
                unreadable.append(one)
            if len(objects) + len(unreadable) == limit:
                break
        else:
            mark = replace(mark, complete=True)
    return PullPage(tuple(objects), mark.as_cursor(), mark.complete, tuple(unreadable), set_began, set_read)


def _found(
    delivery: Delivery, layout: EntityLayout, index: RowIndex, start: Bookmark, limit: int
) -> Generator[tuple[Bookmark, SourceObject | Unreadable]]:
    """Objects file by file, then the child rows that belong to none; each with the bookmark behind it."""
    parents, lists = delivery.split(layout)
    reader = ObjectReader(delivery, layout, list(lists), index)
    mark = start
    for number, part in enumerate(parents):
        if number < start.file:
            continue
        resumed = number == start.file and start.offset > 0
        place = Place(start.offset, start.line) if resumed else None
        with closing(read_rows(part.path, delivery.style, place)) as rows:
            for row in rows:
                mark = replace(start, file=number, offset=row.behind.offset, line=row.behind.line)
                yield mark, reader.object_of(part, row)
    for stray in index.strays(start.stray, limit):
        place_name = f"{delivery.name}/{stray.place}"
        yield replace(mark, stray=stray.number), Unreadable(delivery.entity, place_name, stray.raw, stray.reason)
