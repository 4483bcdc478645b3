"""The typo: the story as it is told, sentence by sentence, between real programs.

Over HTTP and WebSocket; Tryton is the CRM, the order service a program of its own, mails go by SMTP.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from examples.demo.tryton.server import TrytonServer
from hub.access.principal import Role
from hub.store.engine import Database
from tests.contacts.conducting import do
from tests.contacts.test_dialogs import dialog
from tests.schema.following import Socket, acknowledged
from tests.stories.company import (
    NAME,
    NUMBER,
    PHONE,
    RIGHT,
    WRONG,
    Company,
    company,
    emails_in,
    notes_in,
    until_known,
)
from tests.waiting import until

pytestmark = pytest.mark.slow

FILES: Final = Path(__file__).with_name("the_typo")
REFUSAL: Final = "550 5.1.1 no such mailbox"

START: Final = """mutation($input: StartSessionInput!) { startSession(input: $input) {
  recognition
  session {
    id contactId identificationLevel
    customer {
      id name status
      contactMedia { id kind value undeliverable { reason since } }
      requests(running: true) { edges { node { id kind number subject state openedAt handling { executedBy } } } }
      timeline(first: 20) { edges { node { kind channel subject session { channel contactId } } } }
    }
  }
  problems { code message }
} }"""
WRAP_UP: Final = (
    "mutation($input: WrapUpSessionInput!) { wrapUpSession(input: $input) { session { state } problems { code } } }"
)
CORRECT: Final = """mutation($input: CorrectContactMediumInput!) { correctContactMedium(input: $input) {
  customer { contactMedia { kind value undeliverable { reason } } } problems { code } } }"""
DECIDE: Final = """mutation($input: RequestNextBestActionsInput!) { requestNextBestActions(input: $input) {
  decision { actions { id proposition content { title } } } problems { code } } }"""
EVENTS: Final = """mutation($input: RecordContactEventsInput!) { recordContactEvents(input: $input) {
  recorded problems { code } } }"""
FOLLOW: Final = """subscription($customer: ID!, $session: ID!) {
  nextBestActionUpdates(customerId: $customer, channel: "call-centre", sessionId: $session) {
    decision { actions { proposition } } } }"""
BOUNCED: Final = (
    "query($phone: String!) { customer(by: {phone: $phone}) { contactMedia { undeliverable { reason } } } }"
)
ADVANCE: Final = """mutation($input: AdvanceRequestInput!) { advanceRequest(input: $input) {
  request { state handling { respondBy respondedAt } } problems { code } } }"""


async def start(api: Any, channel: str, role: Role = Role.AGENT, **given: Any) -> Any:
    payload = await do(api, "startSession", START, role, channel=channel, **given)
    assert payload["problems"] == []
    return payload


def nodes(connection: Any) -> list[Any]:
    return [edge["node"] for edge in connection["edges"]]


async def orders_on_the_web_site(world: Company) -> Any:
    """As the web site does it for a customer who logged in under her number: the request that stands for the order."""
    api, role = world.api, Role.FRONTEND

    await until_known(api)
    session = (await start(api, "web", role, known={"customerNumber": NUMBER}, reason="Order"))["session"]
    found = (await dialog(api, "startDialog", role, sessionId=session["id"], topic="fibre"))["dialog"]
    said = [{"question": "product", "value": "Glasvezel 1000"}]
    await dialog(api, "answerDialog", role, dialogId=found["id"], answers=said)
    ordered = (await dialog(api, "completeDialog", role, dialogId=found["id"]))["dialog"]["request"]
    await do(api, "wrapUpSession", WRAP_UP, role, sessionId=session["id"])
    return ordered


async def heard(socket: Socket) -> list[str]:
    """The propositions of the list that stands, as the next message tells."""
    message = await socket.hear()
    decision = message["payload"]["data"]["nextBestActionUpdates"]["decision"]
    return [] if decision is None else [action["proposition"] for action in decision["actions"]]


async def test_the_typo(crm: TrytonServer, database: Database, database_url: str, tmp_path: Path) -> None:
    async with asyncio.timeout(300), company(crm, database, database_url, tmp_path, FILES) as world:
        api = world.api
        world.mails.at_rcpt[WRONG] = REFUSAL

        # "A customer orders on the web site and gets no confirmation."
        ordered = await orders_on_the_web_site(world)

        async def bounced() -> bool:
            answer = await api.ask(BOUNCED, {"phone": PHONE})
            return any(medium["undeliverable"] for medium in answer.data["customer"]["contactMedia"])

        await until(bounced, what="the bounce")
        assert (await world.order())["reference"] == ordered["number"]
        assert world.mails.mails == []

        # "He calls. His number is recognised, the agent greets him by name and sees the order placed minutes ago and
        # that the confirmation bounced."
        called = await start(api, "call-centre", known={"phone": PHONE}, reason="No confirmation")
        call, customer = called["session"], called["session"]["customer"]
        assert (called["recognition"], call["identificationLevel"], customer["name"]) == (
            "RECOGNISED",
            "IDENTIFIED",
            NAME,
        )
        (order,) = nodes(customer["requests"])
        assert (order["number"], order["kind"], order["subject"]) == (ordered["number"], "SALE", "Glasvezel 1000")
        assert order["handling"]["executedBy"] == "backoffice"
        assert api.clock() - datetime.fromisoformat(order["openedAt"]) < timedelta(minutes=5)
        (mail,) = [medium for medium in customer["contactMedia"] if medium["kind"] == "EMAIL"]
        assert (mail["value"], mail["undeliverable"]["reason"]) == (WRONG, REFUSAL)
        assert "MEDIUM_UNDELIVERABLE" in [entry["kind"] for entry in nodes(customer["timeline"])]

        # "The agent corrects the typo in his e-mail address; the CRM has it at once and the confirmation goes out
        # again."
        given = {"contactMediumId": mail["id"], "value": RIGHT, "sessionId": call["id"]}
        corrected = (await do(api, "correctContactMedium", CORRECT, **given))["customer"]["contactMedia"]
        assert {"kind": "EMAIL", "value": RIGHT, "undeliverable": None} in corrected

        async def in_the_crm() -> bool:
            return await asyncio.to_thread(emails_in, crm) == [RIGHT]

        async def confirmed() -> bool:
            return world.mails.recipients == [RIGHT]

        await until(in_the_crm, timeout_s=30, what="the correction in the CRM")
        await until(confirmed, timeout_s=30, what="the confirmation")
        assert ordered["number"] in world.mails.mails[0]["Subject"]

        # "The next best action is an offer at 15 % discount that goes with the order; he accepts, and the offer list
        # changes."
        async with acknowledged(world.address, api.token(Role.AGENT)) as socket:
            await socket.subscribe(FOLLOW, {"customer": customer["id"], "session": call["id"]})
            assert await heard(socket) == []
            asked = {"customerId": customer["id"], "channel": "call-centre", "session": {"id": call["id"]}}
            actions = (await do(api, "requestNextBestActions", DECIDE, **asked))["decision"]["actions"]
            assert actions[0]["content"]["title"] == "Tv Compleet met 15% korting"
            assert await heard(socket) == ["tv-compleet", "gratis-controle"]
            at = api.clock().isoformat()
            common = {"customerId": customer["id"], "occurredAt": at, "nextBestActionId": actions[0]["id"]}
            events = [
                {**common, "eventId": "story-1", "kind": "SHOWN"},
                {**common, "eventId": "story-2", "kind": "ACCEPTED"},
            ]
            assert (await do(api, "recordContactEvents", EVENTS, events=events))["recorded"] == 2
            assert await heard(socket) == ["gratis-controle"]
        done = {"sessionId": call["id"], "disposition": "E-mail address corrected", "feedback": {"csat": 5, "nps": 9}}
        assert (await do(api, "wrapUpSession", WRAP_UP, **done))["session"]["state"] == "CLOSED"

        async def noted() -> bool:
            notes = await asyncio.to_thread(notes_in, crm)
            return any(call["contactId"] in note and "E-mail address corrected" in note for note in notes)

        await until(noted, timeout_s=60, what="the call beside the customer in Tryton")

        # "An hour later he mails a question: the e-mail agent sees the order, the call, the correction and the accepted
        # offer;"
        api.clock.forward(timedelta(hours=1))
        mailed = (await start(api, "email", known={"email": RIGHT}, reason="When does the engineer come?"))["session"]
        assert mailed["customer"]["name"] == NAME
        assert [one["number"] for one in nodes(mailed["customer"]["requests"])] == [ordered["number"]]
        seen = {(entry["kind"], entry["channel"], entry["subject"]) for entry in nodes(mailed["customer"]["timeline"])}
        assert ("REQUEST_OPENED", "web", "Glasvezel 1000") in seen
        assert ("SESSION_STARTED", "call-centre", "No confirmation") in seen
        assert ("SESSION_ENDED", "call-centre", "E-mail address corrected") in seen
        assert ("MEDIUM_CORRECTED", "call-centre", "EMAIL") in seen
        assert ("OFFER_ANSWERED", "call-centre", "ACCEPTED: tv-compleet") in seen

        # "as a gold member he is answered within 30 minutes."
        assert mailed["customer"]["status"] == "gold"
        asked_at = api.clock()
        topic = (await dialog(api, "startDialog", sessionId=mailed["id"], topic="question"))["dialog"]
        said = [{"question": "question", "value": "When does the engineer come?"}]
        await dialog(api, "answerDialog", dialogId=topic["id"], answers=said)
        question = (await dialog(api, "completeDialog", dialogId=topic["id"]))["dialog"]["request"]
        respond_by = datetime.fromisoformat(question["handling"]["respondBy"])
        assert timedelta(minutes=30) <= respond_by - asked_at < timedelta(minutes=31)
        api.clock.forward(timedelta(minutes=20))
        moved = {"requestId": question["id"], "to": "IN_PROGRESS"}
        answered = (await do(api, "advanceRequest", ADVANCE, **moved))["request"]["handling"]
        assert datetime.fromisoformat(answered["respondedAt"]) <= respond_by
