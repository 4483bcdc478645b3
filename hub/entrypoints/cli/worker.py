"""`hub work`: a worker process."""

from __future__ import annotations

import asyncio
import os
from typing import Final

from hub.entrypoints.cli.staying import declare_configured, distributed, ending, logged_settings, until
from hub.entrypoints.engine import running_engine
from hub.entrypoints.installation import Installation, installation
from hub.errors import Invalid
from hub.work.tables import Queue
from hub.work.urgency import Urgency, urgency_of

BULK_NICENESS: Final = 5
"""A worker of bulk queues alone leaves the processor to those for whom somebody waits, as nice(1) has it."""


def work(queues: str) -> None:
    """Take work from these queues, named with commas between, until SIGINT or SIGTERM; Invalid for an unknown one."""
    settings = distributed(logged_settings(), broker=True)
    chosen = []
    for name in queues.split(","):
        if name not in list(Queue):
            raise Invalid(f"there is no queue {name!r}; there are {', '.join(Queue)}")
        chosen.append(Queue(name))
    if all(urgency_of(queue) is Urgency.BULK for queue in chosen):
        os.nice(BULK_NICENESS)
    with installation(settings) as hub:
        asyncio.run(_work(hub, chosen))


async def _work(hub: Installation, queues: list[Queue]) -> None:
    await declare_configured(hub)
    async with running_engine(hub, queues):
        await until(ending())
