"""Whoever follows a customer, his list, his session or his request goes on through a merge and a split, told once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from hub.access.principal import Role
from hub.store.engine import Database
from tests.contacts.conducting import do, start, step
from tests.contacts.conftest import CATALOGUE, RULES
from tests.flows.building import apply_page, content, declare_flow, page, person
from tests.schema.company import NOW, gid
from tests.schema.following import Socket, acknowledged
from tests.schema.offering import OFFERING
from tests.schema.serving import Api, listening_api
from tests.stewardship.building import owner

pytestmark = pytest.mark.slow

CUSTOMER = """
subscription($id: ID!, $after: String) {
  customerUpdates(id: $id, after: $after) { cursor event customer { id name } }
}
"""
LISTED = """
subscription($id: ID!) { nextBestActionUpdates(customerId: $id, channel: "call-centre") { event decision { id } } }
"""
SESSION = "subscription($id: ID!) { sessionUpdates(id: $id) { event session { customer { id } } } }"
REQUEST = "subscription($id: ID!) { requestUpdates(id: $id) { event request { state } } }"
MERGE = """
mutation($i: MergeCustomersInput!) { mergeCustomers(input: $i) { customer { stewardActs { id } } problems { code } } }
"""
SPLIT = "mutation($i: SplitCustomerInput!) { splitCustomer(input: $i) { views { customerId } problems { code } } }"
PIN = "mutation($i: PinFieldInput!) { pinField(input: $i) { problems { code } } }"
ASK = "mutation($i: RequestNextBestActionsInput!) { requestNextBestActions(input: $i) { decision { id } } }"
OPEN = "mutation($input: OpenRequestInput!) { openRequest(input: $input) { request { id } problems { code } } }"
MOVE = (
    "mutation($input: AdvanceRequestInput!) { advanceRequest(input: $input) { request { state } problems { code } } }"
)
DIALOG = "mutation($input: StartDialogInput!) { startDialog(input: $input) { dialog { id } problems { code } } }"
ANSWER = "mutation($input: AnswerDialogInput!) { answerDialog(input: $input) { dialog { state } problems { code } } }"
PROMISE = "mutation($input: MakeCommitmentInput!) { makeCommitment(input: $input) { commitment { id } } }"
LEAD = "mutation($input: OpenLeadInput!) { openLead(input: $input) { lead { id } } }"
FOLLOW = "subscription($id: ID!) {{ {0}(id: $id) {{ event {1} {{ customer {{ id }} }} }} }}"
THINGS = {"sessionUpdates": "session", "commitmentUpdates": "commitment", "leadUpdates": "lead"}
TOPICS = ("CustomerSession", "Commitment", "SalesLead")
CHANGED = "AttributeValueChangeEvent"


class Company:
    """Jan and Bakker, who are one person, behind a real server."""

    def __init__(self, api: Api, address: str, jan: str, bakker: str) -> None:
        self.api, self.address, self.jan, self.bakker = api, address, jan, bakker

    async def merge(self) -> str:
        """Bakker becomes Jan; the merge's id."""
        given = {"into": self.jan, "customerIds": [self.bakker]}
        answer = await self.api.ask(MERGE, {"i": given}, role=Role.STEWARD)
        assert answer.data["mergeCustomers"]["problems"] == []
        act: str = answer.data["mergeCustomers"]["customer"]["stewardActs"][0]["id"]
        return act

    async def split(self, act: str) -> None:
        """Both are themselves again."""
        answer = await self.api.ask(SPLIT, {"i": {"what": {"mergeId": act}}}, role=Role.STEWARD)
        assert answer.data["splitCustomer"]["problems"] == []

    async def name(self, customer: str, name: str) -> None:
        """A change that a follower of the customer hears."""
        given = {"customerId": customer, "field": "name", "value": name}
        assert (await self.api.ask(PIN, {"i": given}, role=Role.STEWARD)).data["pinField"]["problems"] == []

    async def listed(self, customer: str) -> str:
        """Another list is put before him; its id."""
        answer = await self.api.ask(ASK, {"i": {"customerId": customer, "channel": "call-centre"}})
        found: str = answer.data["requestNextBestActions"]["decision"]["id"]
        return found


@pytest.fixture
async def company(database: Database, database_url: str, tmp_path: Path) -> AsyncIterator[Company]:
    """Bakker has nothing that Jan's view would show: a merge changes none of Jan's values."""
    lane = await declare_flow(database, "crm")
    people = content("1", person("Jan de Vries", "jan@example.com"), 1), content("2", person("Jan de Vries"), 1)
    await apply_page(database, lane, page(*people))
    ids = [gid("Customer", await owner(database, "crm", one)) for one in ("1", "2")]
    served = listening_api(database_url, tmp_path, contact=RULES, topics=CATALOGUE, offering=OFFERING)
    async with asyncio.timeout(60), served as (api, address):
        yield Company(api, address, *ids)


async def following(company: Company, stack: AsyncExitStack, document: str, given: Mapping[str, object]) -> Socket:
    """A client that follows from now on."""
    client = await stack.enter_async_context(acknowledged(company.address, company.api.token(Role.AGENT)))
    await client.subscribe(document, given)
    return client


async def heard(client: Socket) -> Any:
    """The next message's content."""
    message = await client.hear()
    assert message["type"] == "next", message
    assert "errors" not in message["payload"], message
    (update,) = message["payload"]["data"].values()
    return update


async def customer_heard(client: Socket) -> tuple[str, str, str]:
    told = await heard(client)
    return told["event"], told["customer"]["id"], told["customer"]["name"]


async def test_customers_are_told_once_by_either_id_and_each_of_himself_after_the_split(company: Company) -> None:
    jan, bakker = company.jan, company.bakker
    async with AsyncExitStack() as stack:
        clients = {one: await following(company, stack, CUSTOMER, {"id": one}) for one in (jan, bakker)}
        for one, client in clients.items():
            assert (await customer_heard(client))[:2] == ("CURRENT", one)
        act = await company.merge()
        await company.name(jan, "Jan Een")
        assert (await customer_heard(clients[bakker]))[:2] == ("CustomerDeleteEvent", jan)
        assert (await customer_heard(clients[jan]))[:2] == (f"Customer{CHANGED}", jan)
        late = await following(company, stack, CUSTOMER, {"id": bakker})
        assert await customer_heard(late) == ("CURRENT", jan, "Jan Een")
        for one in (jan, bakker):
            assert await customer_heard(clients[one]) == (f"Customer{CHANGED}", jan, "Jan Een")
        await company.split(act)
        for one, client in ((jan, clients[jan]), (bakker, clients[bakker]), (bakker, late)):
            assert (await customer_heard(client))[1] == one
        await company.name(jan, "Jan Twee")
        await company.name(bakker, "J. Bakker")
        assert await customer_heard(clients[jan]) == (f"Customer{CHANGED}", jan, "Jan Twee")
        for client in (clients[bakker], late):
            assert await customer_heard(client) == (f"Customer{CHANGED}", bakker, "J. Bakker")


async def test_who_was_away_meanwhile_hears_of_the_merge_and_of_the_split_by_his_cursor(company: Company) -> None:
    async with AsyncExitStack() as stack:
        client = await following(company, stack, CUSTOMER, {"id": company.bakker})
        cursor = (await heard(client))["cursor"]
    act = await company.merge()
    async with AsyncExitStack() as stack:
        client = await following(company, stack, CUSTOMER, {"id": company.bakker, "after": cursor})
        told = await heard(client)
        assert told["customer"]["id"] == company.jan
    await company.split(act)
    async with AsyncExitStack() as stack:
        given = {"id": company.bakker, "after": told["cursor"]}
        client = await following(company, stack, CUSTOMER, given)
        assert (await heard(client))["customer"]["id"] == company.bakker


async def test_who_was_away_hears_of_every_change_of_the_one_he_became(company: Company) -> None:
    """Also of those that came after the merge, which are told under the other id, and of none twice."""
    jan, bakker = company.jan, company.bakker
    async with AsyncExitStack() as stack:
        client = await following(company, stack, CUSTOMER, {"id": bakker})
        cursor = (await heard(client))["cursor"]
    await company.merge()
    await company.name(jan, "Jan Een")
    await company.name(jan, "Jan Twee")
    async with AsyncExitStack() as stack:
        client = await following(company, stack, CUSTOMER, {"id": bakker, "after": cursor})
        missed = [await heard(client) for _ in range(3)]  # the merge and both names
        assert [(one["event"], one["customer"]["id"]) for one in missed] == [(f"Customer{CHANGED}", jan)] * 3
        await company.name(jan, "Jan Drie")
        assert await customer_heard(client) == (f"Customer{CHANGED}", jan, "Jan Drie")
    async with AsyncExitStack() as stack:
        client = await following(company, stack, CUSTOMER, {"id": bakker, "after": missed[2]["cursor"]})
        assert await customer_heard(client) == (f"Customer{CHANGED}", jan, "Jan Drie")


async def test_a_list_is_followed_by_an_id_that_is_merged_away_and_comes_back(company: Company) -> None:
    jan, bakker = company.jan, company.bakker
    his = await company.listed(bakker)
    async with AsyncExitStack() as stack:
        clients = {one: await following(company, stack, LISTED, {"id": one}) for one in (jan, bakker)}
        assert (await heard(clients[jan]))["decision"] is None
        assert (await heard(clients[bakker]))["decision"] == {"id": his}
        act = await company.merge()
        for client in clients.values():
            told = await heard(client)
            assert (told["event"], told["decision"]) == (f"Decision{CHANGED}", {"id": his})
        company.api.clock.forward(timedelta(minutes=1))
        both = await company.listed(bakker)
        for client in clients.values():
            told = await heard(client)
            assert (told["event"], told["decision"]) == ("DecisionCreateEvent", {"id": both})
        await company.split(act)
        assert (await heard(clients[bakker]))["decision"] == {"id": his}
        assert (await heard(clients[jan]))["decision"] == {"id": both}


async def test_a_running_session_its_request_and_its_dialog_go_through_a_merge_and_back(company: Company) -> None:
    jan, bakker, api = company.jan, company.bakker, company.api
    session = (await start(api, known={"customerId": bakker}))["session"]
    assert session["customer"]["id"] == bakker
    opened = {"sessionId": session["id"], "kind": "SERVICE", "subject": "a bill"}
    request = (await do(api, "openRequest", OPEN, **opened))["request"]
    dialog = (await do(api, "startDialog", DIALOG, sessionId=session["id"], topic="new-contract"))["dialog"]
    async with AsyncExitStack() as stack:
        his = await following(company, stack, SESSION, {"id": session["id"]})
        its = await following(company, stack, REQUEST, {"id": request["id"]})
        assert (_whose(await heard(his)), (await heard(its))["event"]) == (("CURRENT", bakker), "CURRENT")
        act = await company.merge()
        assert _whose(await heard(his)) == (f"CustomerSession{CHANGED}", jan)
        assert await heard(its) == {"event": f"BusinessRequest{CHANGED}", "request": {"state": "ACKNOWLEDGED"}}
        moved = await do(api, "advanceRequest", MOVE, requestId=request["id"], to="IN_PROGRESS")
        assert moved == {"request": {"state": "IN_PROGRESS"}, "problems": []}
        told = await heard(its)
        assert (told["event"], told["request"]["state"]) == (f"BusinessRequest{CHANGED}", "IN_PROGRESS")
        chosen = {"dialogId": dialog["id"], "answers": [{"question": "product", "value": "fibre"}]}
        answered = await do(api, "answerDialog", ANSWER, **chosen)
        assert answered["problems"] == []
        assert _whose(await heard(his))[1] == jan
        await company.split(act)
        assert _whose(await heard(his)) == (f"CustomerSession{CHANGED}", bakker)
        assert (await heard(its))["event"] == f"BusinessRequest{CHANGED}"
        wrapped = await step(api, "wrapUpSession", session, result="COMPLETED", disposition="done")
        assert (wrapped["session"]["customer"]["id"], wrapped["problems"]) == (bakker, [])


async def test_what_is_followed_of_him_goes_along_when_recognition_joins_and_parts_him(
    company: Company, database: Database
) -> None:
    api = company.api
    lms = await declare_flow(database, "lms")
    await apply_page(database, lms, page(content("9", person("Jan de Vries", "j@example.com"), 1)))
    nine = gid("Customer", await owner(database, "lms", "9"))
    session = (await start(api, known={"customerId": nine}))["session"]
    due = (NOW + timedelta(hours=1)).isoformat()
    promised = await do(api, "makeCommitment", PROMISE, sessionId=session["id"], promise="Call", dueAt=due)
    asked = {"input": {"name": "fibre", "customerId": nine}}
    lead = (await api.ask(LEAD, asked)).data["openLead"]
    ids = (session["id"], promised["commitment"]["id"], lead["lead"]["id"])
    async with AsyncExitStack() as stack:
        clients = [
            await following(company, stack, FOLLOW.format(name, thing), {"id": identity})
            for (name, thing), identity in zip(THINGS.items(), ids, strict=True)
        ]
        for client in clients:
            assert await latest(client, nine) == "CURRENT"
        await apply_page(database, lms, page(content("9", person("Jan de Vries", "jan@example.com"), 2)))
        for client, topic in zip(clients, TOPICS, strict=True):
            assert await latest(client, company.jan) == f"{topic}{CHANGED}"
        await apply_page(database, lms, page(content("9", person("Jan de Vries", "j@example.com"), 3)))
        for client, topic in zip(clients, TOPICS, strict=True):
            assert await latest(client, nine) == f"{topic}{CHANGED}"


async def latest(client: Socket, customer: str) -> str:
    """The event with which the thing is that customer's; what was made just before may be told first."""
    while True:
        told = await heard(client)
        (thing,) = (value for name, value in told.items() if name != "event")
        if thing["customer"]["id"] == customer:
            event: str = told["event"]
            return event


def _whose(update: Mapping[str, Any]) -> tuple[str, str]:
    return update["event"], update["session"]["customer"]["id"]
