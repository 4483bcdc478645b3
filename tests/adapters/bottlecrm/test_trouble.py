"""What becomes of a call when BottleCRM, or the line to it, does not do as asked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from adapters.bottlecrm.port import BottleCrmPort
from hub.errors import Rejected, Transient, Unauthorised
from hub.ports.limits import CallLimits
from hub.ports.writing import FieldChange, Operation, Refused, Unanswered, WriteCommand, Written
from hub.records.identity import Entity, ExternalId, SystemName
from tests.adapters.tryton.proxy import Answer, Line, Request, Rule, Upstream, too_many_requests
from tests.bottlecrm.running import RunningBottleCrm

pytestmark = pytest.mark.slow

LEAD = Entity.SALES_LEAD
LMS = SystemName("lms")


@pytest.fixture
async def port(emptied: RunningBottleCrm, line: Line) -> AsyncIterator[BottleCrmPort]:
    opened = BottleCrmPort(LMS, emptied.options(line.url), CallLimits(timeout_s=20))
    yield opened
    await opened.aclose()


async def lead(bottlecrm: RunningBottleCrm, title: str = "Heat pump") -> ExternalId:
    body = {"title": title, "status": "assigned", "contacts": []}
    return ExternalId(await asyncio.to_thread(bottlecrm.make, "leads/", body))


async def title(bottlecrm: RunningBottleCrm, external_id: ExternalId) -> str:
    page = await asyncio.to_thread(bottlecrm.call, "GET", f"leads/{external_id}/")
    told: str = page["lead_obj"]["title"]
    return told


def renaming(external_id: ExternalId, to: str = "Boiler") -> WriteCommand:
    return WriteCommand("k1", LEAD, Operation.UPDATE, external_id, (FieldChange(("name",), "Heat pump", to),))


def answering(status: str, to: bytes) -> Rule:
    """Whatever begins so is answered with this status and reaches nobody."""

    async def rule(request: Request, upstream: Upstream) -> Answer:
        if request.startswith(to):
            return f"HTTP/1.1 {status}\r\nContent-Length: 2\r\n\r\n{{}}".encode()
        return await upstream(request)

    return rule


def deaf_to(begins: bytes) -> Rule:
    """The call arrives and its answer never comes back."""

    async def rule(request: Request, upstream: Upstream) -> Answer:
        answer = await upstream(request)
        return b"" if request.startswith(begins) else answer

    return rule


async def test_a_token_that_is_none_is_refused(emptied: RunningBottleCrm) -> None:
    port = BottleCrmPort(LMS, emptied.options(token="bcrm_pat_none"))
    began = await port.begin_run(LEAD, None, timedelta())
    with pytest.raises(Unauthorised):
        await port.pull(LEAD, began, 10)
    told = {result.name: result.ok for result in await port.check()}
    assert told == {"connection": True, "customer": False, "sales_lead": False}
    await port.aclose()


async def test_patience_that_is_asked_for_is_passed_on(port: BottleCrmPort, line: Line) -> None:
    began = await port.begin_run(LEAD, None, timedelta())

    async def busy(_request: Request, _upstream: Upstream) -> Answer:
        return too_many_requests(17)

    line.rule = busy
    with pytest.raises(Transient) as refusal:
        await port.pull(LEAD, began, 10)
    assert refusal.value.retry_after_s == 17


@pytest.mark.parametrize("status", ["500 Internal Server Error", "502 Bad Gateway"])
async def test_a_write_that_fails_inside_is_unanswered(
    port: BottleCrmPort, emptied: RunningBottleCrm, line: Line, status: str
) -> None:
    made = await lead(emptied)
    line.rule = answering(status, b"PATCH")
    (outcome,) = await port.write([renaming(made)])
    assert isinstance(outcome, Unanswered)


async def test_a_write_whose_answer_is_lost_is_unanswered_and_its_repeat_finds_it_done(
    port: BottleCrmPort, emptied: RunningBottleCrm, line: Line
) -> None:
    made = await lead(emptied)
    line.rule = deaf_to(b"PATCH")
    (first,) = await port.write([renaming(made)])
    (second,) = await port.write([renaming(made)])
    assert (type(first), type(second)) == (Unanswered, Written)
    assert await title(emptied, made) == "Boiler"


async def test_a_create_whose_answer_is_lost_is_unanswered(
    port: BottleCrmPort, emptied: RunningBottleCrm, line: Line
) -> None:
    line.rule = deaf_to(b"POST")
    command = WriteCommand("k1", LEAD, Operation.CREATE, None, (FieldChange(("name",), None, "Boiler"),))
    (outcome,) = await port.write([command])
    assert isinstance(outcome, Unanswered)


async def test_a_refused_value_is_told_by_its_field_and_never_by_itself(
    port: BottleCrmPort, emptied: RunningBottleCrm
) -> None:
    made = await lead(emptied)
    change = FieldChange(("probability",), 0, 140)
    (outcome,) = await port.write([WriteCommand("k1", LEAD, Operation.UPDATE, made, (change,))])
    assert isinstance(outcome, Refused)
    assert (outcome.code, outcome.message) == ("REJECTED", "BottleCRM refused PATCH leads: probability")


async def test_what_is_no_bottlecrm_is_told(port: BottleCrmPort, line: Line) -> None:
    began = await port.begin_run(LEAD, None, timedelta())
    line.rule = answering("200 OK", b"GET /api/")
    with pytest.raises(Rejected, match="is it another version"):
        await port.pull(LEAD, began, 10)


async def test_a_lead_that_pages_pass_over_because_another_was_deleted_is_still_there_by_id(
    port: BottleCrmPort, emptied: RunningBottleCrm
) -> None:
    made = {await lead(emptied, f"Lead {number}") for number in range(6)}
    cursor = await port.begin_run(LEAD, None, timedelta())
    first = await port.pull(LEAD, cursor, 3)
    await asyncio.to_thread(emptied.call, "DELETE", f"leads/{first.objects[0].external_id}/")
    page = await port.pull(LEAD, first.cursor, 3)
    seen = {one.external_id for one in (*first.objects, *page.objects)}

    (passed_over,) = made - seen
    (found,) = await port.read(LEAD, [passed_over])
    assert found.body is not None
