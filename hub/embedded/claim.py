"""The sole use of a folder, for as long as the process that took it lives."""

import fcntl
import os
from pathlib import Path
from typing import TextIO

from hub.errors import Conflict


class Claim:
    """A lock on `path`, a file that names the holder; the kernel gives it back when the holder dies.

    Two claims on one path exclude each other inside one process too.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._held: TextIO | None = None

    def take(self) -> None:
        """Taking it twice does nothing. Raises Conflict, naming the holder, when another has it."""
        if self._held is not None:
            return
        stream = self._path.open("a+")
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            stream.seek(0)
            holder = stream.read().strip() or "unknown"
            stream.close()
            raise Conflict(f"{self._path.parent} is in use by process {holder}; stop that one first") from None
        stream.truncate(0)
        stream.write(f"{os.getpid()}\n")
        stream.flush()
        self._held = stream

    def release(self) -> None:
        """The file stays: removing it would let two processes lock two files of one name."""
        if self._held is not None:
            self._held.close()
            self._held = None
