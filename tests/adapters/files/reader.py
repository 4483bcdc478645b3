"""A reading process of its own, for the tests that race and kill it: `python -m ... FOLDER [step]`.

Prints one JSON line per page: the delivery, the ids and the cursor behind it. With `step` it waits for a line on its
standard input before each page. Ends when the inbox and processing/ are empty.
"""

from __future__ import annotations

import asyncio
import sys
from datetime import timedelta
from pathlib import Path

import orjson

from adapters.files import FilesPort
from hub.errors import NothingWaiting
from hub.records.source import JsonObject
from tests.adapters.files.drops import CUSTOMER, open_port


async def main(folder: Path, step: bool) -> None:
    port = open_port(folder)
    print("ready", flush=True)
    sys.stdin.readline()
    while not _all_done(folder):
        try:
            cursor = await port.begin_run(CUSTOMER, None, timedelta())
        except NothingWaiting:
            await asyncio.sleep(0)  # the other reader has it
            continue
        await _read_to_the_end(port, cursor, step)
    await port.aclose()


async def _read_to_the_end(port: FilesPort, cursor: JsonObject, step: bool) -> None:
    last = False
    while not last:
        if step:
            sys.stdin.readline()
        page = await port.pull(CUSTOMER, cursor, 2)
        ids = [pulled.external_id for pulled in page.objects]
        print(orjson.dumps({"ids": ids, "cursor": page.cursor}).decode(), flush=True)
        cursor, last = page.cursor, page.last
    await port.finished(CUSTOMER, cursor)


def _all_done(folder: Path) -> bool:
    parts = (folder / "inbox", folder / "processing")
    return not any(path for part in parts if part.exists() for path in part.iterdir() if path.name[0] != ".")


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), step=sys.argv[2:] == ["step"]))
