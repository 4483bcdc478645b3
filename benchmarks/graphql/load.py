"""One measurement: wrk with 16 connections from a second process against one server and document."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.graphql.company import FOLDER, FULL, Document, bodies
from benchmarks.graphql.servers import Server

CONNECTIONS: Final = 16
PATIENCE: Final = "30s"
_FIGURES: Final = re.compile(r"^FIGURES (\d+) (\d+) (\d+) (\d+) (\d+)$", re.MULTILINE)


@dataclass(frozen=True)
class Figures:
    """Requests per second and milliseconds of a run without a failed request."""

    per_second: float
    p50_ms: float
    p99_ms: float


async def measure(
    server: Server,
    document: Document,
    seconds: float,
    folder: Path,
    customers: int = FULL,
    requests: Iterable[bytes] | None = None,
) -> Figures:
    """`requests` in turn, those of the document if left out; SystemExit when one failed: who refuses is quick."""
    path = folder / "requests.jsonl"
    if requests is None:
        requests = bodies(document, server.documents, server.own, raw_ids=server.raw_ids, customers=customers)
    path.write_bytes(b"\n".join(requests) + b"\n")
    environment = {**os.environ} | ({} if server.token is None else {"HUB_TOKEN": server.token})
    if server.purpose is not None and server.session is not None:
        environment |= {"HUB_PURPOSE": server.purpose, "HUB_SESSION": server.session}
    length = f"{seconds:g}s"
    script = str(FOLDER / "post.lua")
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{length}", "--timeout", PATIENCE, "-s", script, server.url]
    command += ["--", str(path)]
    process = await asyncio.create_subprocess_exec(*command, env=environment, stdout=subprocess.PIPE)
    told, _ = await process.communicate()
    found = _FIGURES.search(told.decode())
    if found is None:
        raise SystemExit(f"wrk told no figures of {server.name}")
    answered, microseconds, p50, p99, failed = (int(figure) for figure in found.groups())
    if failed:
        raise SystemExit(f"{server.name} failed {failed} of {answered} requests for {document.name}")
    return Figures(answered / microseconds * 1e6, p50 / 1000, p99 / 1000)
