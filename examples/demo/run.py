"""The demonstration from the first step to the last."""

from __future__ import annotations

import asyncio
import os
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

from examples.demo.environment import written_environment
from examples.demo.places import PORT_FILE, PRINT_FOLDER
from examples.demo.pull import pull_everything
from examples.demo.show import show_customer, show_what_to_try
from examples.demo.steps import CONSOLE, say, step
from examples.demo.tryton.home import TrytonHome, running_tryton
from examples.demo.tryton.roles import DEMO
from examples.demo.tryton.seed.story import CRM_NAME, place_story_order
from examples.demo.tryton.server import TrytonServer
from hub.clock import utc_now
from hub.embedded.postgres import EmbeddedPostgres
from hub.entrypoints.cli.staying import ending, until
from hub.entrypoints.declaring import declare
from hub.entrypoints.engine import running_engine
from hub.entrypoints.installation import Installation, announced, migrate, read_configuration
from hub.entrypoints.web import serving
from hub.settings.environment import Settings

CONFIGURATION = Path(__file__).with_name("hub.yaml")


async def run_demo(data_dir: Path, port: int, *, once: bool) -> None:
    """Everything that is started here is stopped at the end, also after an error or Ctrl-C."""
    with ExitStack() as started:
        with step("Starting the embedded PostgreSQL"):
            postgres = await asyncio.to_thread(started.enter_context, EmbeddedPostgres(data_dir / "postgres"))
        with step("Starting Tryton as CRM, LMS and CM (the first time it is installed and filled: minutes)"):
            tryton = await asyncio.to_thread(
                started.enter_context, running_tryton(TrytonHome(data_dir / "tryton", say), postgres, DEMO)
            )
        with step(f"{CRM_NAME} places an order on the web site"):
            await asyncio.to_thread(_place_order, tryton)
        (data_dir / PORT_FILE).write_text(tryton.url, encoding="utf-8")
        hub = started.enter_context(_installed(data_dir, port, postgres, tryton))
        with step("Bringing the hub's database to the newest schema"):
            await migrate(hub.database_url)
            await _declare(hub)
        async with running_engine(hub), serving(hub):
            with step("Pulling customers, orders, requests, leads and campaign memberships"):
                await pull_everything(hub)
            await show_customer(hub)
            if once:
                return
            environment = started.enter_context(written_environment(hub.settings, tryton))
            told = ending()
            await show_what_to_try(hub, tryton, environment)
            await until(told)
            CONSOLE.print("Stopping ...")


def _place_order(tryton: TrytonServer) -> None:
    with tryton.log_in("crm") as crm:
        place_story_order(crm, utc_now().date())


def _installed(
    data_dir: Path, port: int, postgres: EmbeddedPostgres, tryton: TrytonServer
) -> AbstractContextManager[Installation]:
    os.environ |= {"TRYTON_URL": tryton.url, "TRYTON_PASSWORD": tryton.password}
    os.environ["PRINT_FOLDER"] = str((data_dir / PRINT_FOLDER).absolute())
    settings = Settings(config=CONFIGURATION, data_dir=data_dir, port=port)
    configuration, adapters = read_configuration(settings)
    return announced(settings, configuration, adapters, postgres)


async def _declare(hub: Installation) -> None:
    database = hub.open_database()
    try:
        await declare(hub, database)
    finally:
        await database.aclose()
