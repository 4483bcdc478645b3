"""Requests worked over sessions, the work list, promises, and the history of all contacts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from hub.access.principal import Role
from hub.contacts.commitment import break_overdue
from hub.contacts.follow_execution import follow_execution
from hub.records.belongings import BusinessRequestRecord
from hub.records.enums import RequestKind, RequestState
from hub.records.identity import CustomerId, Entity
from hub.store.engine import Database
from tests.contacts.conducting import counted, declare_outward, do, start, wanted
from tests.contacts.test_dialogs import begun, dialog
from tests.flows.building import apply_page, content, declare_flow, page
from tests.schema.company import NOW, gid, uid
from tests.schema.serving import Api

pytestmark = pytest.mark.slow

REQUEST = """request {
  id state number handling { handler queue respondedAt stateReason } tasks { name state outcome }
} problems { code message path }"""
COMMITMENT = "commitment { id state promise dueAt handler brokenAt settledAt } problems { code message path }"


async def request(api: Api, name: str, **given: Any) -> Any:
    return await do(
        api,
        name,
        f"mutation($input: {name[0].upper()}{name[1:]}Input!) {{ {name}(input: $input) {{ {REQUEST} }} }}",
        **given,
    )


async def promise(api: Api, name: str, **given: Any) -> Any:
    return await do(
        api,
        name,
        f"mutation($input: {name[0].upper()}{name[1:]}Input!) {{ {name}(input: $input) {{ {COMMITMENT} }} }}",
        **given,
    )


async def opened(api: Api, channel: str = "call-centre", phone: str = "+31612345678", **given: Any) -> Any:
    session = (await start(api, channel=channel, known={"phone": phone}))["session"]
    return (await request(api, "openRequest", sessionId=session["id"], **{"kind": "SERVICE", "subject": "Q", **given}))[
        "request"
    ]


async def test_the_work_list_answers_first_who_was_promised_first(desk: Api) -> None:
    letter = await opened(desk, "post", "+31201111111", subject="Letter of Cor", queue="mail")
    desk.clock.forward(timedelta(minutes=10))
    complaint = await opened(desk, kind="COMPLAINT", subject="Call of Anna")
    mail = await opened(desk, "email", subject="Mail of Anna", queue="mail")
    listed = """query($filter: WorkListFilter) { workList(filter: $filter) {
      totalCount edges { node { respondBy request { id subject } customer { name } } } } }"""
    answer = await desk.ask(listed)
    nodes = [edge["node"] for edge in answer.data["workList"]["edges"]]
    assert [(node["request"]["subject"], node["respondBy"]) for node in nodes] == [
        ("Mail of Anna", "2026-03-02T12:40:00Z"),
        ("Call of Anna", "2026-03-02T16:10:00Z"),
        ("Letter of Cor", "2026-03-03T12:00:00Z"),
    ]
    queued = await desk.ask(listed, {"filter": {"queue": "mail", "unassigned": True}})
    assert [edge["node"]["request"]["id"] for edge in queued.data["workList"]["edges"]] == [mail["id"], letter["id"]]
    mine = await desk.ask(listed, {"filter": {"mine": True}})
    assert (mine.data["workList"]["totalCount"], mine.data["workList"]["edges"][0]["node"]["request"]["id"]) == (
        1,
        complaint["id"],
    )


async def test_a_request_is_opened_in_one_session_and_advanced_in_another(desk: Api, company: Database) -> None:
    session, found = await begun(desk, "moving-house")
    document = (
        "mutation($input: AuthenticateSessionInput!) { authenticateSession(input: $input) { problems { code } } }"
    )
    await do(desk, "authenticateSession", document, sessionId=session["id"])
    said = [{"question": "postal_code", "value": "1017 GC"}, {"question": "moving_date", "value": "2026-04-01"}]
    await dialog(desk, "answerDialog", dialogId=found["id"], answers=said)
    made = (await dialog(desk, "completeDialog", dialogId=found["id"]))["dialog"]["request"]
    assert [task["name"] for task in made["tasks"]] == ["plan-engineer", "confirm"]
    desk.clock.forward(timedelta(hours=1))
    later = (await start(desk, channel="email", known={"email": "anna@example.nl"}))["session"]
    joined = await dialog(desk, "startDialog", sessionId=later["id"], topic="complaint", requestId=made["id"])
    assert joined["dialog"]["request"]["id"] == made["id"]
    taken = (await request(desk, "assignRequest", requestId=made["id"]))["request"]
    assert taken["handling"]["respondedAt"] == "2026-03-02T13:00:00Z"
    for task in ("plan-engineer", "confirm"):
        await request(desk, "moveTask", requestId=made["id"], task=task, to="ACTIVE")
        await request(desk, "moveTask", requestId=made["id"], task=task, to="COMPLETED")
    await request(desk, "advanceRequest", requestId=made["id"], to="IN_PROGRESS")
    done = (await request(desk, "advanceRequest", requestId=made["id"], to="COMPLETED", reason="Moved"))["request"]
    assert (done["state"], done["handling"]["stateReason"]) == ("COMPLETED", "Moved")
    assert {task["outcome"] for task in done["tasks"]} == {"SUCCESS"}
    told = [change["state"] for change in await wanted(company, "business_request")]
    assert told == ["ACKNOWLEDGED", "IN_PROGRESS", "COMPLETED"]
    empty = await desk.ask("{ workList { totalCount } }")
    assert empty.data == {"workList": {"totalCount": 0}}


async def test_a_system_that_cannot_know_the_customer_is_told_nothing_of_his_request(
    desk: Api, company: Database
) -> None:
    await declare_outward(company, "business_request", system="cm")
    made = await opened(desk)
    await request(desk, "advanceRequest", requestId=made["id"], to="IN_PROGRESS")
    async with company.reading() as connection:
        targets = await connection.execute(text("SELECT target FROM outbound_command ORDER BY target, version"))
    assert list(targets.scalars()) == ["crm", "crm"]


async def test_campaign_management_hears_of_every_step_of_a_request_of_whom_it_knows(
    desk: Api, company: Database
) -> None:
    await declare_outward(company, "business_request", system="lms")
    made = await opened(desk)
    await request(desk, "advanceRequest", requestId=made["id"], to="IN_PROGRESS")
    await request(desk, "advanceRequest", requestId=made["id"], to="COMPLETED", reason="Settled")
    async with company.reading() as connection:
        rows = await connection.execute(
            text("SELECT changes FROM outbound_command WHERE target = 'lms' ORDER BY version")
        )
        told = [{change["path"][0]: change["new"] for change in row.changes} for row in rows]
    assert [one["state"] for one in told] == ["ACKNOWLEDGED", "IN_PROGRESS", "COMPLETED"]
    assert told[0]["customer"] == "lms-anna"


async def test_a_forbidden_move_names_what_is_allowed_and_changes_nothing(desk: Api, company: Database) -> None:
    made = await opened(desk)
    before = await counted(company, "outbound_command", "timeline_entry", "change_pending")
    refused = await request(desk, "advanceRequest", requestId=made["id"], to="COMPLETED")
    message = (
        "the request is ACKNOWLEDGED and cannot become COMPLETED; what may follow is ASSESSING_CANCELLATION, HELD, "
        "IN_PROGRESS, PENDING, REJECTED"
    )
    assert refused["problems"] == [{"code": "CONFLICT", "message": message, "path": []}]
    theirs = await request(
        desk, "advanceRequest", requestId=gid("BusinessRequest", uid("Anna Bakker request 1")), to="HELD"
    )
    assert theirs["problems"][0]["message"] == "system crm holds this request; it is worked there"
    assert await counted(company, "outbound_command", "timeline_entry", "change_pending") == before


async def test_what_the_back_office_reports_is_how_the_request_stands_and_no_second_request(
    desk: Api, company: Database
) -> None:
    _, found = await begun(desk, "new-contract")
    said = [{"question": "product", "value": "fibre"}, {"question": "months", "value": "12"}]
    await dialog(desk, "answerDialog", dialogId=found["id"], answers=said)
    made = (await dialog(desk, "completeDialog", dialogId=found["id"]))["dialog"]["request"]
    lane = await declare_flow(company, "backoffice", Entity.BUSINESS_REQUEST)
    for minute, state in enumerate((RequestState.HELD, RequestState.COMPLETED, RequestState.FAILED)):
        record = BusinessRequestRecord(kind=RequestKind.SALE, state=state, hub_number=made["number"], number="O-1")
        await apply_page(company, lane, page(content("o-1", record, minute)))
    answer = await desk.ask(
        "query($by: CustomerBy!) { customer(by: $by) { requests { edges { node { number state source } } } } }",
        {"by": {"phone": "+31612345678"}},
    )
    nodes = [edge["node"] for edge in answer.data["customer"]["requests"]["edges"]]
    assert [node for node in nodes if node["source"] != "crm"] == [
        {"number": made["number"], "state": "COMPLETED", "source": "hub"}
    ]
    told = [change["state"] for change in await wanted(company, "business_request") if "action" not in change]
    assert told == ["IN_PROGRESS", "HELD", "COMPLETED"]


async def test_a_system_does_not_speak_for_a_request_that_another_carries_out(desk: Api, company: Database) -> None:
    made = await opened(desk)
    record = BusinessRequestRecord(kind=RequestKind.SERVICE, state=RequestState.COMPLETED, hub_number=made["number"])
    async with company.transaction() as connection:
        await follow_execution(connection, "backoffice", [record], NOW)
    answer = await desk.ask(
        "query($id: ID!) { node(id: $id) { ... on BusinessRequest { state } } }", {"id": made["id"]}
    )
    assert answer.data == {"node": {"state": "ACKNOWLEDGED"}}


async def test_a_promise_is_seen_broken_by_schedule_and_kept_late(desk: Api, company: Database) -> None:
    session = (await start(desk, known={"phone": "+31612345678"}))["session"]
    due = (NOW + timedelta(hours=2)).isoformat()
    made = (await promise(desk, "makeCommitment", sessionId=session["id"], promise="Call back", dueAt=due))[
        "commitment"
    ]
    assert (made["state"], made["handler"]) == ("OPEN", "development:agent")
    async with company.transaction() as connection:
        assert await break_overdue(connection, NOW + timedelta(hours=1), 10) == 0
        assert await break_overdue(connection, NOW + timedelta(hours=2), 10, "supervisors") == 1
        assert await break_overdue(connection, NOW + timedelta(hours=3), 10) == 0
    escalated = await desk.ask(
        "{ commitments(states: [BROKEN]) { edges { node { id handler customer { name } } } } }", role=Role.SUPERVISOR
    )
    assert [edge["node"] for edge in escalated.data["commitments"]["edges"]] == [
        {"id": made["id"], "handler": "supervisors", "customer": {"name": "Anna Bakker"}}
    ]
    async with company.reading() as connection:
        deeds = await connection.execute(text("SELECT object_type, detail FROM audit_event WHERE action = 'escalate'"))
        assert deeds.all() == [("Commitment", {"from": "development:agent", "to": "supervisors"})]
    kept = (await promise(desk, "settleCommitment", commitmentId=made["id"]))["commitment"]
    assert (kept["state"], kept["brokenAt"]) == ("KEPT", "2026-03-02T14:00:00Z")
    again = await promise(desk, "settleCommitment", commitmentId=made["id"], to="WITHDRAWN")
    assert again["problems"][0]["code"] == "CONFLICT"


@pytest.mark.parametrize("due", [NOW - timedelta(minutes=1), NOW, NOW + timedelta(days=400)])
async def test_nothing_is_promised_for_the_past_or_for_ever(desk: Api, company: Database, due: Any) -> None:
    session = (await start(desk, known={"phone": "+31612345678"}))["session"]
    before = await counted(company, "commitment", "timeline_entry")
    refused = await promise(desk, "makeCommitment", sessionId=session["id"], promise="Call", dueAt=due.isoformat())
    assert [(p["code"], p["path"]) for p in refused["problems"]] == [("INVALID", ["dueAt"])]
    assert await counted(company, "commitment", "timeline_entry") == before


async def test_one_history_over_all_channels_in_pages(desk: Api, company: Database) -> None:
    made = await opened(desk, "email", subject="No bill")
    desk.clock.forward(timedelta(hours=1))
    session = (await start(desk, known={"phone": "+31612345678"}, reason="Bill again"))["session"]
    await promise(
        desk,
        "makeCommitment",
        sessionId=session["id"],
        promise="Send the bill",
        dueAt=(NOW + timedelta(days=1)).isoformat(),
        requestId=made["id"],
    )
    document = """query($id: ID!, $after: String) { customer(by: {id: $id}) {
      commitments { edges { node { promise state request { number } } } }
      timeline(first: 3, after: $after) { pageInfo { hasNextPage endCursor } edges { node {
        kind channel subject request { number } session { contactId } commitment { promise } } } } } }"""
    customer = gid("Customer", uid("Anna Bakker"))
    view = (await desk.ask(document, {"id": customer})).data["customer"]
    assert view["commitments"]["edges"] == [
        {"node": {"promise": "Send the bill", "state": "OPEN", "request": {"number": made["number"]}}}
    ]
    first = view["timeline"]
    rest = (await desk.ask(document, {"id": customer, "after": first["pageInfo"]["endCursor"]})).data["customer"][
        "timeline"
    ]
    entries = [edge["node"] for edge in first["edges"] + rest["edges"]]
    told = [(entry["kind"], entry["channel"], entry["subject"]) for entry in entries]
    assert sorted(told[:2]) == [
        ("COMMITMENT_MADE", "call-centre", "Send the bill"),
        ("SESSION_STARTED", "call-centre", "Bill again"),
    ]
    assert sorted(told[2:], key=str) == [
        ("REQUEST_OPENED", "email", "No bill"),
        ("SESSION_STARTED", "email", None),
    ]
    assert (first["pageInfo"]["hasNextPage"], rest["pageInfo"]["hasNextPage"]) == (True, False)


async def test_a_customer_sees_his_own_promises_and_requests_and_works_on_none(desk: Api) -> None:
    made = await opened(desk)
    cor = CustomerId(uid("Cor Smit"))
    node = "query($id: ID!) { node(id: $id) { __typename } }"
    hidden = await desk.ask(node, {"id": made["id"]}, role=Role.CUSTOMER, customer=cor)
    assert hidden.codes == ["NOT_FOUND"]
    own = await desk.ask(node, {"id": made["id"]}, role=Role.CUSTOMER, customer=CustomerId(uid("Anna Bakker")))
    assert own.data == {"node": {"__typename": "BusinessRequest"}}
    refused = await desk.ask("{ workList { totalCount } }", role=Role.CUSTOMER, customer=cor)
    assert refused.codes == ["FORBIDDEN"]
