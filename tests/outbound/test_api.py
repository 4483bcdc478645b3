"""Outbound execution through the API: an answer in one channel stops the others, calls are claimed, doubts settled."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from hub.access.principal import Role
from hub.store.engine import Database
from tests.leads.documents import lead as lead_mutation
from tests.outbound.company import TARGET, Street, lead_for
from tests.outbound.receiving import Receiver
from tests.schema.both_ways import told
from tests.schema.company import gid, uid
from tests.schema.serving import Api, serving

pytestmark = pytest.mark.slow

DELIVERY = "delivery { id channel kind state reason takenBy leaseUntil tries } problems { code message path }"
LISTED = """query($channel: String!) { callList(channel: $channel) {
  totalCount edges { node { id customer { name contactMedia { kind value } } lead { name campaign } } } } }"""


@pytest.fixture
async def api(company: Database, street: Street, database_url: str, tmp_path: Path) -> AsyncIterator[Api]:
    """On the street's clock."""
    async with serving(database_url, tmp_path, outbound=street.settings, company="Harbour") as api:
        api.clock.now = street.now
        yield api


async def mutate(api: Api, operation: str, role: Role = Role.AGENT, answers: str = DELIVERY, /, **given: Any) -> Any:
    kind = f"{operation[0].upper()}{operation[1:]}Input"
    document = f"mutation($input: {kind}!) {{ {operation}(input: $input) {{ {answers} }} }}"
    answer = await api.ask(document, {"input": given}, role=role)
    assert answer.errors == []
    return answer.data[operation]


async def planned(street: Street, person: str = "Anna Bakker") -> Any:
    lead = await lead_for(street.database, person)
    await street.plan()
    return lead


async def test_an_answer_in_a_call_takes_the_letter_out_of_the_run_and_the_name_off_the_list(
    api: Api, street: Street, receiver: Receiver
) -> None:
    lead = await planned(street)
    await street.work()
    assert await printing(api) == 1
    assert (await listed(api))["totalCount"] == 1
    answered = await lead_mutation(
        api, "recordLeadResponse", leadId=gid("SalesLead", lead), outcome="ACCEPTED", channel="call-centre",
        idempotencyKey="1",
    )  # fmt: skip
    assert answered["problems"] == []
    assert await street.states(lead) == {"mail": "SENT", "letters": "STOPPED RESPONDED", "calls": "STOPPED RESPONDED"}
    assert await printing(api) == 0
    assert (await listed(api))["totalCount"] == 0
    shown = await api.ask(
        """query($id: ID!) { customer(by: {id: $id}) { outboundDeliveries { channel state }
             leads { edges { node { deliveries { channel reason } } } }
             timeline { edges { node { kind channel } } } } }""",
        {"id": gid("Customer", uid("Anna Bakker"))},
    )
    assert shown.errors == []
    view = shown.data["customer"]
    assert {one["channel"]: one["state"] for one in view["outboundDeliveries"]} == {
        "mail": "SENT", "letters": "STOPPED", "calls": "STOPPED",
    }  # fmt: skip
    assert {"kind": "MESSAGE_SENT", "channel": "email"} in [edge["node"] for edge in view["timeline"]["edges"]]


async def listed(api: Api) -> Any:
    answer = await api.ask(LISTED, {"channel": "calls"})
    assert answer.errors == []
    return answer.data["callList"]


async def printing(api: Api) -> int:
    answer = await api.ask('{ printRuns(channel: "letters") { edges { node { state letters } } } }')
    assert answer.errors == []
    (run,) = answer.data["printRuns"]["edges"]
    assert run["node"]["state"] == "OPEN"
    return int(run["node"]["letters"])


async def test_a_call_is_claimed_made_and_its_answer_stops_the_rest(api: Api, street: Street) -> None:
    lead = await planned(street)
    (name,) = (await listed(api))["edges"]
    assert name["node"]["customer"]["name"] == "Anna Bakker"
    assert name["node"]["lead"] == {"name": "Fibre at home", "campaign": "Spring"}
    claimed = (await mutate(api, "claimCall", channel="calls"))["delivery"]
    assert (claimed["state"], claimed["takenBy"]) == ("CLAIMED", "development:agent")
    assert (await listed(api))["totalCount"] == 0
    refused = await mutate(api, "completeCall", callId=claimed["id"], outcome="NO_ANSWER", response="ACCEPTED")
    assert [problem["code"] for problem in refused["problems"]] == ["INVALID"]
    done = await mutate(
        api, "completeCall", callId=claimed["id"], outcome="REACHED", response="REJECTED", idempotencyKey="k"
    )
    assert done["delivery"]["state"] == "SENT"
    repeated = await mutate(
        api, "completeCall", callId=claimed["id"], outcome="REACHED", response="REJECTED", idempotencyKey="k"
    )
    assert repeated == done
    assert await street.states(lead) == {"calls": "SENT", "mail": "STOPPED RESPONDED", "letters": "STOPPED RESPONDED"}
    async with street.database.reading() as connection:
        rows = await connection.execute(text("SELECT channel, outcome, recorded_by FROM lead_response"))
        assert [tuple(row) for row in rows] == [("phone", "REJECTED", "development:agent")]


async def test_the_call_list_of_each_moment_is_one_statement(
    api: Api, street: Street, database_url: str, tmp_path: Path
) -> None:
    """As resolvers tell it, also where there is no such list."""
    await planned(street)
    given = {"outbound": street.settings, "company": "Harbour", "compiled": False}
    async with serving(database_url, tmp_path, **given) as resolving:
        resolving.clock.now = street.now
        for channel, found in (("calls", 1), ("calls", 0), ("letters", None), ("nowhere", None)):
            answers = [await one.post(LISTED, {"channel": channel}, api.token(Role.AGENT)) for one in (api, resolving)]
            compiled, resolved = (told(answer.json()) for answer in answers)
            assert compiled == resolved
            if found is not None:
                assert answers[0].headers["x-hub-plan"] == "callList: compiled"
                assert answers[0].json()["data"]["callList"]["totalCount"] == found
            await mutate(api, "claimCall", channel="calls")


async def test_a_released_call_is_somebody_elses(api: Api, street: Street) -> None:
    await planned(street)
    claimed = (await mutate(api, "claimCall", channel="calls"))["delivery"]
    not_his = await mutate(api, "releaseCall", Role.SUPERVISOR, callId=claimed["id"])
    assert [problem["code"] for problem in not_his["problems"]] == ["CONFLICT"]
    released = await mutate(api, "releaseCall", callId=claimed["id"])
    assert (released["delivery"]["state"], released["delivery"]["tries"]) == ("PLANNED", 0)
    assert (await mutate(api, "claimCall", Role.SUPERVISOR, channel="calls"))["delivery"]["id"] == claimed["id"]


async def test_a_mail_in_doubt_is_found_and_settled_by_who_may(api: Api, street: Street, receiver: Receiver) -> None:
    lead = await planned(street)
    (work,) = await street.queue()
    async with street.database.transaction() as connection:
        await connection.execute(text("UPDATE lead_delivery SET state = 'SENDING' WHERE channel = 'mail'"))
    await street.carry_out(work)
    found = await api.ask("{ outboundDeliveries(states: [UNKNOWN]) { totalCount edges { node { id reason } } } }")
    (edge,) = found.data["outboundDeliveries"]["edges"]
    assert edge["node"]["reason"] == "INTERRUPTED"
    document = "mutation($input: SettleDeliveryInput!) { settleDelivery(input: $input) { problems { code } } }"
    denied = await api.ask(document, {"input": {"deliveryId": edge["node"]["id"], "to": "PLANNED"}}, role=Role.AGENT)
    assert denied.codes == ["FORBIDDEN"]
    assert (await street.states(lead))["mail"] == "UNKNOWN INTERRUPTED"
    await mutate(api, "settleDelivery", Role.SUPERVISOR, deliveryId=edge["node"]["id"], to="PLANNED")
    await street.work()
    assert ((await street.states(lead))["mail"], len(receiver.mails)) == ("SENT", 1)


async def test_a_bounce_is_seen_at_the_customers_address(api: Api, street: Street, receiver: Receiver) -> None:
    lead = await planned(street)
    await street.work()
    (mail,) = receiver.mails
    given = {"messageId": mail["Message-ID"], "status": "5.1.1"}
    reported = await mutate(api, "reportBounce", Role.SYSTEM, "customers problems { code }", **given)
    assert reported == {"customers": 1, "problems": []}
    assert (await street.states(lead))["mail"] == "BOUNCED RETURNED"
    shown = await api.ask(
        "query($id: ID!) { customer(by: {id: $id}) { contactMedia { value undeliverable { reason } } } }",
        {"id": gid("Customer", uid("Anna Bakker"))},
    )
    media = {one["value"]: one["undeliverable"] for one in shown.data["customer"]["contactMedia"]}
    assert media["Anna@example.nl"] == {"reason": "mail refused: 5.1.1"}
    strange = await mutate(api, "reportBounce", Role.SYSTEM, "customers problems { code }", messageId="<x@y>")
    assert strange == {"customers": 0, "problems": [{"code": "NOT_FOUND"}]}


async def test_channels_say_what_waits_in_them(api: Api, street: Street) -> None:
    await planned(street)
    answer = await api.ask("{ outboundChannels { name kind open planned due unknown } }", role=Role.ARCHITECT)
    assert answer.data["outboundChannels"] == [
        {"name": name, "kind": kind, "open": True, "planned": 1, "due": 1, "unknown": 0}
        for name, kind in (("mail", "EMAIL"), ("letters", "PRINT"), ("calls", "CALL_LIST"))
    ]
    scraped = (await api.http.get("/metrics")).text
    assert 'contacthub_outbound_deliveries{channel="letters",state="PLANNED"} 1.0' in scraped
    unknown = await api.ask(LISTED, {"channel": "mail"})
    assert unknown.codes == ["INVALID"]


async def link_of(mail: Any) -> str:
    body = mail.get_payload(decode=True).decode()
    return str(body.partition("https://hub.example.com")[2].split()[0])


async def test_who_presses_the_button_has_answered_and_a_scanner_has_not(
    api: Api, street: Street, receiver: Receiver
) -> None:
    lead = await planned(street)
    await street.work()
    path = await link_of(receiver.mails[0])
    for method in ("GET", "HEAD"):
        page = await api.http.request(method, path)
        assert (page.status_code, page.headers["cache-control"]) == (200, "no-store")
    assert (await street.states(lead))["letters"] == "PLANNED"
    for _ in range(2):
        pressed = await api.http.post(path)
        assert (pressed.status_code, pressed.headers["location"]) == (303, TARGET)
    assert await street.states(lead) == {"mail": "SENT", "letters": "STOPPED RESPONDED", "calls": "STOPPED RESPONDED"}
    async with street.database.reading() as connection:
        rows = (await connection.execute(text("SELECT channel, outcome, delivery_id FROM lead_response"))).all()
    assert [tuple(row) for row in rows] == [("email", "CLICKED", await street.delivery(lead))]


async def test_what_is_no_link_of_ours_any_more_records_nothing(api: Api, street: Street, receiver: Receiver) -> None:
    await planned(street)
    await street.work()
    path = await link_of(receiver.mails[0])
    changed = path[:10] + ("A" if path[10] != "A" else "B") + path[11:]
    for wrong in (changed, path[:-1], path + "A", "/r/" + "A" * 48, "/r/é"):
        for method in ("GET", "POST"):
            assert (await api.http.request(method, wrong)).status_code == 404
    api.clock.now = street.now.replace(month=street.now.month + 2)
    assert (await api.http.post(path)).status_code == 404
    async with street.database.reading() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM lead_response")) == 0
