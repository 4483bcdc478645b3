"""A hub over a real BottleCRM that calls it: web process and engine in this loop, configured by a hub.yaml."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

import httpx2
from pydantic import SecretStr

from hub.access.development import DevelopmentTokens
from hub.access.principal import Role
from hub.clock import utc_now
from hub.embedded.ready import free_port
from hub.entrypoints.asgi.app import create_app
from hub.entrypoints.asgi.server import listening
from hub.entrypoints.declaring import declare
from hub.entrypoints.engine import running_engine
from hub.entrypoints.installation import Installation
from hub.entrypoints.wiring import InstalledAdapters, open_webhooks
from hub.settings.configuration import load_configuration
from hub.settings.environment import Settings
from hub.store.engine import Database
from tests.bottlecrm.running import RunningBottleCrm
from tests.schema.serving import AUDIENCE, services

HUB_YAML: Final = """\
company: Waterlelie
systems:
  lms:
    adapter: bottlecrm
    roles: [LMS]
    options: {url: "%s", token: "${LMS_TOKEN}", webhook_secrets: ["${LMS_WEBHOOK_SECRET}"]}
flows:
  lms-contacts:
    business_flow: 2
    entity: customer
    source: lms
    lanes: &lanes
      - {cadence: REAL_TIME, mode: AUTHORITATIVE}
      - {cadence: DAILY, mode: VERIFY, cron: "0 3 * * *"}
  lms-leads:
    business_flow: 10
    entity: sales_lead
    source: lms
    lanes: *lanes
"""
EVENTS: Final = tuple(f"{kind}.{what}" for kind in ("lead", "contact") for what in ("created", "updated", "deleted"))


@dataclass(frozen=True)
class PushingCompany:
    """`address` is host:port of the hub's web process."""

    lms: RunningBottleCrm
    database: Database
    http: httpx2.AsyncClient
    address: str
    tokens: DevelopmentTokens

    def token(self) -> str:
        """An agent's, good for an hour."""
        return self.tokens.issue(Role.AGENT, None, timedelta(hours=1))

    async def call(self, method: str, path: str, body: object = None) -> None:
        """As a user of BottleCRM."""
        await asyncio.to_thread(self.lms.call, method, path, body)

    async def make(self, path: str, body: object) -> str:
        """A new record, as a user of BottleCRM makes it."""
        return await asyncio.to_thread(self.lms.make, path, body)

    async def silence(self) -> None:
        """BottleCRM calls nobody any more, as when an administrator switched the webhook off."""
        for webhook in await self._webhooks():
            await self.call("DELETE", f"webhooks/{webhook}/")

    async def deliver_all_again(self) -> int:
        """Every event so far, the newest first, as an administrator may ask for; gives their number."""
        again = 0
        for webhook in await self._webhooks():
            deliveries = await asyncio.to_thread(self.lms.call, "GET", f"webhooks/{webhook}/deliveries/?limit=100")
            for delivery in deliveries["results"]:
                await self.call("POST", f"webhooks/deliveries/{delivery['id']}/redeliver/")
                again += 1
        return again

    async def _webhooks(self) -> list[str]:
        listed = await asyncio.to_thread(self.lms.call, "GET", "webhooks/")
        return [webhook["id"] for webhook in listed["endpoints"]]


@asynccontextmanager
async def pushing_company(
    lms: RunningBottleCrm, database: Database, database_url: str, folder: Path
) -> AsyncIterator[PushingCompany]:
    """BottleCRM's webhook is registered for as long as the block lasts."""
    port = free_port() or 0
    secret = await asyncio.to_thread(lms.send_events_to, f"http://127.0.0.1:{port}/webhooks/lms", *EVENTS)
    (folder / "hub.yaml").write_text(HUB_YAML % lms.url)
    adapters = InstalledAdapters()
    secrets = {"LMS_TOKEN": lms.token, "LMS_WEBHOOK_SECRET": secret}
    configuration = load_configuration(folder / "hub.yaml", adapters, secrets)
    settings = Settings(
        data_dir=folder,
        database_url=SecretStr(database_url),
        master_key=SecretStr(base64.b64encode(b"k" * 32).decode()),
    )
    hub = Installation(settings, configuration, adapters, database_url)
    await declare(hub, database)
    tokens = DevelopmentTokens(folder, embedded=True, audience=AUDIENCE, clock=utc_now)
    webhooks = open_webhooks(configuration, adapters)
    app = create_app(services(database_url, tokens, utc_now, keys=hub.keys(), webhooks=webhooks))
    async with (
        listening(app, "127.0.0.1", port),
        running_engine(hub),
        httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}") as http,
    ):
        company = PushingCompany(lms, database, http, f"127.0.0.1:{port}", tokens)
        try:
            yield company
        finally:
            await company.silence()
