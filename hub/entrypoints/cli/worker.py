"""`hub work`: a worker process."""

from __future__ import annotations

import asyncio

from hub.entrypoints.cli.staying import declare_configured, distributed, logged_settings, until_told
from hub.entrypoints.engine import running_engine
from hub.entrypoints.installation import Installation, installation
from hub.errors import Invalid
from hub.work.tables import Queue


def work(queues: str) -> None:
    """Take work from these queues, named with commas between, until SIGINT or SIGTERM; Invalid for an unknown one."""
    settings = distributed(logged_settings(), broker=True)
    chosen = []
    for name in queues.split(","):
        if name not in list(Queue):
            raise Invalid(f"there is no queue {name!r}; there are {', '.join(Queue)}")
        chosen.append(Queue(name))
    with installation(settings) as hub:
        asyncio.run(_work(hub, chosen))


async def _work(hub: Installation, queues: list[Queue]) -> None:
    await declare_configured(hub)
    async with running_engine(hub, queues):
        await until_told()
