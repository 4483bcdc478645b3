"""A sale goes straight through: ordered at the order service by signed HTTP, reported back by signed webhooks."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest
from pydantic import SecretStr
from sqlalchemy import text

from adapters.backoffice import ADAPTER
from adapters.backoffice.options import BackOfficeOptions
from adapters.backoffice.webhooks import BackOfficeWebhooks
from examples.order_service.app import order_service
from examples.order_service.orders import Orders
from examples.order_service.report import send_waiting
from hub.entrypoints.asgi.server import listening
from hub.errors import Transient, Unauthorised
from hub.flows.engine_room import EngineRoom
from hub.flows.systems import OpenSystems
from hub.mapping.compile import load_mapping
from hub.ports.limits import DEFAULT_LIMITS
from hub.ports.system import SystemPort
from hub.ports.writing import FieldChange, Operation, Refused, WriteCommand, Written
from hub.records.identity import Entity, ExternalId, SystemName
from hub.store.engine import Database
from tests.contacts.conducting import wanted
from tests.contacts.conftest import CATALOGUE, RULES
from tests.contacts.test_dialogs import begun, dialog
from tests.flows.building import RULES as APPLY
from tests.flows.outbound import work_off
from tests.schema.serving import Api, listening_api
from tests.webhooks.calls import FOREIGN_SECRET, NEXT_SECRET, SECRET

BACK_OFFICE = SystemName("backoffice")
KNOWN = ADAPTER.mappings or Path()


@dataclass(frozen=True)
class Counterpart:
    """The order service as it runs, and the port to it."""

    orders: Orders
    port: SystemPort
    address: str


def port_to(address: str, secret: str = SECRET) -> SystemPort:
    options = BackOfficeOptions.model_validate({"url": address, "secret": SecretStr(secret)})
    return ADAPTER.open(BACK_OFFICE, options, DEFAULT_LIMITS)


@pytest.fixture
async def counterpart(tmp_path: Path) -> AsyncIterator[Counterpart]:
    """Another program's web service, on a socket of its own."""
    orders = Orders(tmp_path / "orders.sqlite")
    async with listening(order_service(orders, SECRET), "127.0.0.1", 0) as port:
        address = f"http://127.0.0.1:{port}"
        opened = port_to(address)
        yield Counterpart(orders, opened, address)
        await opened.aclose()


@pytest.fixture
async def served(company: Database, database_url: str, tmp_path: Path) -> AsyncIterator[tuple[Api, str]]:
    """The hub behind a socket, with the time of this machine, which signatures are checked by."""
    webhooks = {BACK_OFFICE: BackOfficeWebhooks([NEXT_SECRET])}
    async with listening_api(database_url, tmp_path, contact=RULES, topics=CATALOGUE, webhooks=webhooks) as (api, at):
        api.clock.now = datetime.now(UTC)
        async with company.transaction() as connection:
            await connection.execute(
                text(
                    """INSERT INTO information_flow (name, business_flow, title, entity, source, target)
                       VALUES ('backoffice-status', 6, 'Status', 'business_request', 'backoffice', 'hub')"""
                )
            )
            await connection.execute(
                text(
                    "INSERT INTO lane (flow, cadence, mode) VALUES ('backoffice-status', 'REAL_TIME', 'AUTHORITATIVE')"
                )
            )
        yield api, f"http://{at}/webhooks/backoffice"


def room_of(database: Database, port: SystemPort) -> EngineRoom:
    return EngineRoom(
        database=database,
        systems=OpenSystems({BACK_OFFICE: lambda: port}),
        flows={},
        mappings={(BACK_OFFICE, Entity.BUSINESS_REQUEST): load_mapping(KNOWN / "business_request.yaml")},
        recognition=APPLY.recognition,
        keys=APPLY.keys,
        clock=lambda: datetime.now(UTC),
        webhooks={BACK_OFFICE: BackOfficeWebhooks([NEXT_SECRET])},
    )


async def sold(api: Api, **known: str) -> Any:
    """A contract sold in a call: its request."""
    _, found = await begun(api, "new-contract", **known)
    said = [{"question": "product", "value": "fibre"}, {"question": "months", "value": "12"}]
    await dialog(api, "answerDialog", dialogId=found["id"], answers=said)
    return (await dialog(api, "completeDialog", dialogId=found["id"]))["dialog"]["request"]


async def only_back_office(database: Database) -> None:
    """Leave the other packages out of it: their commands are for other tests."""
    async with database.transaction() as connection:
        await connection.execute(
            text(
                """DELETE FROM dispatch WHERE payload ->> 'command' IN
                   (SELECT id::text FROM outbound_command WHERE target <> 'backoffice')"""
            )
        )


async def test_an_order_goes_out_once_and_its_status_comes_back_to_request_task_and_crm(
    served: tuple[Api, str], company: Database, counterpart: Counterpart
) -> None:
    api, hub = served
    request = await sold(api)
    await only_back_office(company)
    room = room_of(company, counterpart.port)
    await work_off(room)
    (order,) = counterpart.orders.all()
    assert (order["reference"], order["action"], order["status"]) == (request["number"], "place-order", "received")
    counterpart.orders.move(request["number"], "working")
    counterpart.orders.move(request["number"], "done")
    async with httpx2.AsyncClient() as client:
        assert await send_waiting(client, counterpart.orders, hub, FOREIGN_SECRET) == 0
        assert await send_waiting(client, counterpart.orders, hub, NEXT_SECRET) == 3
        assert await send_waiting(client, counterpart.orders, hub, NEXT_SECRET) == 0
    await only_back_office(company)
    await work_off(room)
    answer = await api.ask(
        "query($id: ID!) { node(id: $id) { ... on BusinessRequest { state tasks { name state outcome } } } }",
        {"id": request["id"]},
    )
    assert answer.data["node"] == {
        "state": "COMPLETED",
        "tasks": [{"name": "place-order", "state": "COMPLETED", "outcome": "SUCCESS"}],
    }
    told = [change["state"] for change in await wanted(company, "business_request") if "action" not in change]
    assert told[-1] == "COMPLETED"


async def test_an_order_taken_twice_under_one_key_is_one_order(counterpart: Counterpart) -> None:
    changes = (FieldChange(("kind",), None, "SALE"), FieldChange(("action",), None, "place-order"))
    command = WriteCommand("backoffice/R-1/1", Entity.BUSINESS_REQUEST, Operation.UPDATE, ExternalId("R-1"), changes)
    assert await counterpart.port.write([command, command]) == [Written(ExternalId("R-1"))] * 2
    assert len(counterpart.orders.all()) == 1
    assert len(counterpart.orders.unsent()) == 1


async def test_a_wrong_secret_parks_a_silent_service_waits_and_another_operation_is_refused(
    counterpart: Counterpart,
) -> None:
    command = WriteCommand("k", Entity.BUSINESS_REQUEST, Operation.UPDATE, ExternalId("R-1"))
    stranger, away = port_to(counterpart.address, FOREIGN_SECRET), port_to("http://127.0.0.1:9")
    with pytest.raises(Unauthorised):
        await stranger.write([command])
    with pytest.raises(Transient):
        await away.write([command])
    assert [check.ok for check in [*await counterpart.port.check(), *await away.check()]] == [True, False]
    lost = WriteCommand("k2", Entity.BUSINESS_REQUEST, Operation.UPDATE, ExternalId("R/1"))
    (outcome,) = await counterpart.port.write([lost])
    assert isinstance(outcome, Refused)
    assert counterpart.orders.all() == []
    await stranger.aclose()
    await away.aclose()
