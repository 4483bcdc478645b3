"""The port of a system that speaks in files."""

from __future__ import annotations

import asyncio
import csv
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TypeVar, TypeVarTuple

from adapters.files.bookmark import Bookmark, bookmark_in
from adapters.files.check import check_folder
from adapters.files.delivery import describe
from adapters.files.drop_folder import DropFolder
from adapters.files.options import EntityLayout, FilesOptions
from adapters.files.outbox import Outbox
from adapters.files.page import read_page
from adapters.files.row_index import RowIndex, build_index
from adapters.files.verify import verify
from hub.errors import HubError, NothingWaiting, Rejected, Transient, Unauthorised
from hub.ports.capabilities import Capabilities, PullKind
from hub.ports.pages import CheckResult, PullPage
from hub.ports.system import SystemPort
from hub.ports.writing import WriteCommand, WriteOutcome, Written
from hub.records.identity import Entity, ExternalId, SystemName
from hub.records.source import JsonObject

Args = TypeVarTuple("Args")
T = TypeVar("T")


class FilesPort(SystemPort):
    """Full exports from a drop folder, batches of commands into its outbox.

    One run reads one delivery. Until the run is finished, an error here ends it, the port is closed or `lease_s` pass
    without a page, no other process starts a run of that entity. Resuming needs no lock: who holds a run's cursor is
    for the caller to decide.

    An unreadable row of a child list leaves its object without that child until a better delivery comes.
    """

    def __init__(self, name: SystemName, options: FilesOptions) -> None:
        self.name = name
        self._options = options
        self._folder = DropFolder(options)
        self._outbox = Outbox(options)
        self.capabilities = {
            entity: _capabilities(layout, options.batch_size) for entity, layout in options.entities.items()
        }
        # The csv module has one limit for the process, 128 KiB at first; a higher one of another port may stay.
        csv.field_size_limit(max(csv.field_size_limit(), options.max_record_bytes))

    async def check(self) -> Sequence[CheckResult]:
        """Folders, permissions, one file system, locks, and what nobody will ever pick up."""
        return await asyncio.to_thread(check_folder, self._folder, self._options)

    async def now(self) -> datetime:
        """This machine's clock: files stamp nothing by themselves."""
        return datetime.now(UTC)

    async def aclose(self) -> None:
        """Give the locks back: what was claimed and not finished may be started again by another process."""
        self._folder.unlock_all()

    async def begin_run(self, entity: Entity, cursor: JsonObject | None, overlap: timedelta) -> JsonObject:
        """Claim the oldest delivery and verify it; `overlap` means nothing for a complete set."""
        layout = self._pulled(entity)
        previous = None if cursor is None else bookmark_in(cursor)
        return await self._in_run(entity, self._begin, entity, layout, previous)

    async def pull(self, entity: Entity, cursor: JsonObject, limit: int) -> PullPage:
        """The rows behind the cursor, children joined."""
        layout = self._pulled(entity)
        return await self._in_run(entity, self._page, entity, layout, bookmark_in(cursor), limit)

    async def finished(self, entity: Entity, cursor: JsonObject) -> None:
        """Move the delivery to done/."""
        self._pulled(entity)
        await self._in_thread(self._folder.archive, bookmark_in(cursor).delivery)
        self._folder.unlock(entity)

    async def write(self, commands: Sequence[WriteCommand]) -> Sequence[WriteOutcome]:
        """Put the commands into the outbox, each key once ever.

        The receiver must keep the key of a CREATE as its reference to the hub: until it exports the object, the key is
        the only id there is, and it is the external id in the outcome.
        """
        for command in commands:
            layout = self._options.entities.get(command.entity)
            if layout is None or not layout.write:
                raise self._cannot("write", command.entity)
        await self._in_thread(self._outbox.put, commands)
        return [Written(command.external_id or ExternalId(command.key)) for command in commands]

    def _pulled(self, entity: Entity) -> EntityLayout:
        layout = self._options.entities.get(entity)
        if layout is None or not layout.pull:
            raise self._cannot("pull", entity)
        return layout

    def _begin(self, entity: Entity, layout: EntityLayout, previous: Bookmark | None) -> JsonObject:
        folder = self._folder
        if not folder.lock(entity):
            raise NothingWaiting(f"another process reads {entity.value} from {folder.root}")
        if previous is not None and previous.complete and (folder.processing / previous.delivery).exists():
            folder.archive(previous.delivery)  # committed to its end, then the process died before it was archived
        path = folder.claim(entity)
        if path is None:
            raise NothingWaiting(f"no delivery of {entity.value} waits in {folder.inbox}")
        try:
            verify(describe(path, self._options), layout, folder.index_of(path.name))
        except Rejected as error:
            folder.fail(path.name, error.message)
            raise Rejected(f"delivery {path.name} was moved to {folder.failed}: {error.message}") from error
        return Bookmark(path.name).as_cursor()

    def _page(self, entity: Entity, layout: EntityLayout, start: Bookmark, limit: int) -> PullPage:
        self._folder.lock(entity)
        delivery = describe(self._folder.content(start.delivery), self._options)
        index = self._folder.index_of(start.delivery)
        if not index.exists():
            build_index(delivery, layout, index)
        with closing(RowIndex(index)) as rows:
            return read_page(delivery, layout, rows, start, limit)

    async def _in_run(self, entity: Entity, work: Callable[[*Args], T], *args: *Args) -> T:
        """An error interrupts the run: whoever comes next, here or elsewhere, may take its delivery over."""
        try:
            return await self._in_thread(work, *args)
        except HubError:
            self._folder.unlock(entity)
            raise

    async def _in_thread(self, work: Callable[[*Args], T], *args: *Args) -> T:
        try:
            # First, each time: below a share that went away everything looks as if it had been deleted.
            await asyncio.to_thread(self._folder.prepare)
            return await asyncio.to_thread(work, *args)
        except PermissionError as error:
            raise Unauthorised(f"system {self.name}: {error.strerror}: {error.filename}") from error
        except (OSError, sqlite3.Error) as error:
            raise Transient(f"system {self.name}: {error}") from error


def _capabilities(layout: EntityLayout, batch_size: int) -> Capabilities:
    return Capabilities(
        pull=PullKind.FULL if layout.pull else None,
        create=layout.write,
        update=layout.write,
        delete=layout.write,
        versions=layout.pull and layout.stamp is not None,
        once_per_key=layout.write,
        batch_size=batch_size if layout.write else 1,
    )
