"""Follow the changes of an object or a topic, from a cursor on, without losing or repeating one."""

from __future__ import annotations

from collections import deque
from types import TracebackType
from typing import Self

from hub.errors import CursorTooOld, HubError
from hub.live.changes import NumberedChange, Place, place_of
from hub.live.gap import read_gap
from hub.live.mailbox import Mailbox
from hub.live.reader import Interest, Reader
from hub.store.engine import Database


class Subscription:
    """An async iterator of changes, to be entered first; for one consumer.

    Without a cursor it begins at the moment of entering: read the current value *after* that and nothing falls between.
    With one it reads what is missing from the table, page by page, and joins the live delivery once it has caught up.
    Entering raises CursorTooOld, or Invalid for no cursor at all; the iterator never ends but raises SlowSubscriber
    (more than `capacity` wait), CursorTooOld (retention overtook it) or Transient (the process stops). `latest_only`:
    see Mailbox; what a cursor left behind still comes in full, `page` changes a read.
    """

    def __init__(
        self,
        reader: Reader,
        database: Database,
        interest: Interest,
        *,
        cursor: str | None = None,
        capacity: int = 256,
        latest_only: bool = False,
        page: int = 500,
    ) -> None:
        self._reader, self._database, self._interest = reader, database, interest
        self._capacity, self._latest_only = capacity, latest_only
        self._page = page
        self._resumes = cursor is not None
        self._last = self._scanned = Place("", 0) if cursor is None else place_of(cursor)
        self._missed: deque[NumberedChange] = deque()
        self._mailbox: Mailbox | None = None
        self._ended: HubError | None = None

    @property
    def cursor(self) -> str:
        """Where to resume once all that was given out is dealt with; moves on while nothing of interest changes."""
        if (
            self._mailbox is not None
            and self._mailbox.idle
            and not self._missed
            and self._scanned.position >= self._mailbox.began.position
        ):
            return max(self._last, self._reader.place).cursor
        return self._last.cursor

    async def __aenter__(self) -> Self:
        if self._resumes:
            await self._read_page(up_to=None)
        else:
            self._mailbox = await self._join()
            self._last = self._scanned = self._mailbox.began
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._mailbox is not None:
            self._reader.leave(self._interest, self._mailbox)

    def __aiter__(self) -> Self:
        return self

    def end(self, error: HubError) -> None:
        """The iterator raises `error` at once, also while it waits; only the first call counts."""
        self._ended = self._ended or error
        self._missed.clear()
        if self._mailbox is not None:
            self._mailbox.cut_off(error)

    async def __anext__(self) -> NumberedChange:
        # May be cancelled at each await and called again: what was read is kept, what was not is still to be read.
        while not self._missed:
            if self._ended is not None:
                raise self._ended
            if self._mailbox is None:
                if not await self._read_page(up_to=None):
                    self._mailbox = await self._join()
            elif self._scanned.position < self._mailbox.began.position:
                # Only what came between the last page and the moment of joining.
                await self._read_page(up_to=self._mailbox.began.position)
            else:
                return self._give(await self._mailbox.take())
        return self._give(self._missed.popleft())

    def _give(self, change: NumberedChange) -> NumberedChange:
        self._last = change.place
        return change

    async def _join(self) -> Mailbox:
        # This process's reader may be behind the table; the mailbox then begins where the pages ended.
        def mailbox(delivered: Place) -> Mailbox:
            if self._resumes and delivered.generation != self._scanned.generation:
                raise CursorTooOld
            return Mailbox(max(delivered, self._scanned), self._capacity, self._latest_only)

        return await self._reader.join(self._interest, mailbox)

    async def _read_page(self, up_to: int | None) -> bool:
        page = await read_gap(self._database, self._interest, self._scanned, up_to, self._page)
        self._missed.extend(page.changes)
        self._scanned = Place(self._scanned.generation, page.scanned)
        return page.full
