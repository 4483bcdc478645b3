"""The drop folder: where deliveries arrive, are claimed, and end.

    inbox/       the sender puts deliveries here, hidden (`.name`) while they grow
    processing/  claimed by a rename, which happens once, whoever races for it
    done/        consumed
    failed/      not to be trusted, with `<name>.reason.txt` beside it
    outbox/      batches of commands for the system

One file lock per entity keeps a second process from starting a run on what a first one reads; the kernel gives it
back when a process dies. A living process may also give a run up without a word: its lock counts for nothing once it
has not read for `lease_s`.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path

from adapters.files.delivery import arrival
from adapters.files.options import FilesOptions
from hub.errors import Rejected, Transient
from hub.records.identity import Entity


class DropFolder:
    """Moves deliveries; every move is one rename on one file system."""

    def __init__(self, options: FilesOptions) -> None:
        self._options = options
        self.root = options.folder
        self.inbox, self.processing = self.root / "inbox", self.root / "processing"
        self.done, self.failed = self.root / "done", self.root / "failed"
        self.outbox = self.root / "outbox"
        self._locks: dict[Entity, int] = {}

    @property
    def parts(self) -> tuple[Path, ...]:
        """All sub-folders."""
        return self.inbox, self.processing, self.done, self.failed, self.outbox

    def prepare(self) -> None:
        """Make what is missing below the root, never the root itself: it may be a share that is not mounted."""
        if not self.root.is_dir():
            raise Transient(f"the drop folder {self.root} is not there: is it mounted?")
        for part in self.parts:
            part.mkdir(exist_ok=True)

    def lock(self, entity: Entity) -> bool:
        """Whether this process may start runs of the entity now. Called again while it reads, it renews the lease."""
        if entity not in self._locks:
            handle = os.open(self.root / f".{entity.value}.lock", os.O_RDWR | os.O_CREAT, 0o660)
            granted = False
            try:
                granted = self._granted(handle)
            finally:
                if not granted:
                    os.close(handle)
            if not granted:
                return False
            self._locks[entity] = handle
        os.utime(self._locks[entity])
        return True

    def unlock(self, entity: Entity) -> None:
        """Let other processes start runs of the entity."""
        if (handle := self._locks.pop(entity, None)) is not None:
            os.close(handle)

    def unlock_all(self) -> None:
        """Give back every lock."""
        for entity in list(self._locks):
            self.unlock(entity)

    def claim(self, entity: Entity) -> Path | None:
        """The oldest delivery, moved to processing/; None when none waits. Needs the entity's lock.

        One that an earlier run left in processing/ comes first: its process died before the run had a cursor, or the
        run was given up. It starts again from its beginning.
        """
        if (left := next(self.waiting(self.processing, entity), None)) is not None:
            return left
        for path in self.waiting(self.inbox, entity):
            target = self.processing / self._free_name(path)
            try:
                path.rename(target)
            except FileNotFoundError:
                continue  # withdrawn by its sender
            return target
        return None

    def waiting(self, folder: Path, entity: Entity) -> Iterator[Path]:
        """Complete deliveries of the entity in `folder`, the oldest first."""
        visible = (path for path in folder.iterdir() if not path.name.startswith("."))
        found = [come for path in visible if (come := arrival(path, self._options)) and come.entity is entity]
        return (come.path for come in sorted(found, key=lambda come: (come.at, come.path.name)))

    def content(self, name: str) -> Path:
        """Where a claimed delivery stands; also an archived one, since its last cursor may be asked for again."""
        for folder in (self.processing, self.done):
            if (path := folder / name).exists():
                return path
        raise Rejected(f"delivery {name} is neither in processing/ nor in done/: it was moved away by hand")

    def archive(self, name: str) -> None:
        """To done/; nothing when it is there already."""
        self._leave(name, self.done)

    def fail(self, name: str, reason: str) -> None:
        """To failed/, untouched, with the reason beside it."""
        (self.failed / f"{name}.reason.txt").write_text(reason + "\n", encoding="utf-8")
        self._leave(name, self.failed)

    def index_of(self, name: str) -> Path:
        """Where the delivery's row index is kept."""
        return self.processing / f".{name}.index"

    def _leave(self, name: str, folder: Path) -> None:
        with suppress(FileNotFoundError):  # moved before, by this call's first attempt or by hand
            (self.processing / name).rename(folder / name)
        self.index_of(name).unlink(missing_ok=True)

    def _granted(self, handle: int) -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return time.time() - os.fstat(handle).st_mtime >= self._options.lease_s
        return True

    def _free_name(self, path: Path) -> str:
        """Senders may use one name every week; what went before must not be overwritten."""
        stem, suffix = (path.stem, path.suffix) if path.is_file() else (path.name, "")
        names = (path.name if number == 1 else f"{stem}.{number}{suffix}" for number in count(1))
        taken = (self.processing, self.done, self.failed)
        return next(free for free in names if not any((folder / free).exists() for folder in taken))
