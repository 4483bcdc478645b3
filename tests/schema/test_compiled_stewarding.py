"""What stewards and operators work off by statements: what resolvers answer, to whoever asks, and who is shown."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import pytest
from sqlalchemy import text

from hub.access.principal import Role
from hub.records.identity import CustomerId
from hub.store.engine import Database
from tests.schema.both_ways import Both, both_ways
from tests.schema.company import gid, uid
from tests.schema.steward_desk import add_desk
from tests.schema.test_audit import noted

ANNA, BEN = CustomerId(uid("Anna Bakker")), CustomerId(uid("Ben de Vries"))
CALLERS: Final = ((Role.STEWARD, None), (Role.ARCHITECT, None), (Role.AGENT, None), (Role.CUSTOMER, ANNA))
PAGE: Final = "totalCount pageInfo { hasNextPage endCursor hasPreviousPage startCursor } edges { cursor node"
WINDOW: Final = "first: $first, after: $after, last: $last"
OF_WINDOW: Final = "$first: Int, $after: String, $last: Int"

DOCUMENTS: Final = {
    "conflicts": f"""query($filter: ConflictFilter, {OF_WINDOW}) {{ conflicts(filter: $filter, {WINDOW}) {{
      {PAGE} {{ id field state contested base kept decidedBy decidedAt openedAt closedAt customer {{ id name }}
        values {{ source externalId value asOf }} turns {{ source externalId value observedAt }} }} }} }} }}""",
    "acts": """query($id: ID!) { customer(by: {id: $id}) { name stewardActs {
      id kind at principal reason receipts { system effect records state } } } }""",
    "receipts": """query($id: ID!) { node(id: $id) { ... on SalesLead {
      name receipts { system externalId state code message wantedAt finishedAt } } } }""",
    "leads": "{ leads { edges { node { id receipts { system state } } } } }",
    "requests": f"""query($id: ID, {OF_WINDOW}) {{ privacyRequests(customerId: $id, {WINDOW}) {{
      {PAGE} {{ id kind at principal reason counts {{ name count }} retained {{ name count }}
        receipts {{ system records state why byHand }} }} }} }} }}""",
    "quarantine": f"""query($filter: QuarantineFilter, $state: QuarantineState, {OF_WINDOW}) {{
      quarantine(filter: $filter, state: $state, {WINDOW}) {{ {PAGE} {{ id flow system entity externalId place code path
        reason state asOf at correctedAt correctedBy settledAt settledBy settledReason }} }} }} }}""",
    "opened": "{ quarantine { totalCount edges { node { id } } } }",
    "drifts": f"""query($filter: DriftFilter, {OF_WINDOW}) {{ contractDrifts(filter: $filter, {WINDOW}) {{
      {PAGE} {{ id system entity contractVersion path kind policy detail objects firstSeenAt lastSeenAt externalId
        quarantined {{ id state flow }} }} }} }} }}""",
    "work": f"""query($filter: WorkFilter, {OF_WINDOW}) {{ deadLetters(filter: $filter, {WINDOW}) {{
      {PAGE} {{ id kind queue state line attempts code message createdAt event {{ system eventId receivedAt }}
        command {{ target entity operation externalId state code sentAt }} }} }} }} }}""",
    "runs": f"""query($channel: String, {OF_WINDOW}) {{ printRuns(channel: $channel, {WINDOW}) {{
      {PAGE} {{ channel closesAt state letters digest deliveredAt }} }} }} }}""",
}
ASKED: Final[tuple[tuple[str, dict[str, object]], ...]] = (
    ("conflicts", {}),
    ("conflicts", {"filter": {"states": ["OPEN", "FROZEN"]}, "first": 1}),
    ("conflicts", {"filter": {"states": []}}),
    ("conflicts", {"filter": {"field": "familyName"}}),
    ("conflicts", {"filter": {"field": "x" * 501}}),
    ("conflicts", {"filter": {"contested": True}, "last": 1}),
    ("conflicts", {"first": 0}),
    ("acts", {"id": gid("Customer", ANNA)}),
    ("acts", {"id": gid("Customer", BEN)}),
    ("receipts", {"id": gid("SalesLead", uid("Anna Bakker lead 1"))}),
    ("receipts", {"id": gid("SalesLead", uid("Anna Bakker lead 2"))}),
    ("leads", {}),
    ("requests", {}),
    ("requests", {"first": 1}),
    ("requests", {"id": gid("Customer", ANNA)}),
    ("requests", {"id": gid("Customer", BEN), "last": 1}),
    ("requests", {"id": gid("SalesLead", ANNA)}),
    ("quarantine", {}),
    ("quarantine", {"state": None, "first": 2}),
    ("quarantine", {"state": "DISCARDED"}),
    ("quarantine", {"state": None, "filter": {"system": "crm", "code": "INVALID"}}),
    ("quarantine", {"state": None, "filter": {"since": "2026-02-27T13:30:00Z", "entity": "customer"}, "last": 1}),
    ("quarantine", {"filter": {"entity": "x" * 501}}),
    ("opened", {}),
    ("drifts", {}),
    ("drifts", {"filter": {"kind": "NEW_FIELD"}, "first": 1}),
    ("drifts", {"filter": {"system": "crm", "entity": "customer"}, "last": 1}),
    ("drifts", {"filter": {"since": "2027-01-01T00:00:00+01:00"}}),
    ("work", {}),
    ("work", {"filter": {"states": ["DEAD", "DONE"]}, "first": 2}),
    ("work", {"filter": {"states": []}}),
    ("work", {"filter": {"kind": "flow.run", "queue": "REALTIME"}}),
    ("work", {"filter": {"code": "REJECTED", "line": "line 1", "since": "2026-02-27T12:30:00Z"}}),
    ("runs", {}),
    ("runs", {"channel": "print", "first": 2}),
    ("runs", {"channel": "x" * 501}),
)


@pytest.fixture
async def both(company: Database, database_url: str, tmp_path: Path) -> AsyncIterator[Both]:
    """Both ways over the company, with full desks."""
    async with company.transaction() as connection:
        await add_desk(connection)
    async with both_ways(database_url, tmp_path) as both:
        yield both


@pytest.mark.parametrize(("name", "given"), ASKED)
async def test_what_waits_on_a_desk_is_one_statement(both: Both, name: str, given: dict[str, object]) -> None:
    for role, customer in CALLERS:
        compiled, resolved, ways = await both.ask(DOCUMENTS[name], given, role=role, customer=customer)
        assert compiled == resolved
        of_one = name == "requests" and "id" in given
        expected = {"a resolver answers privacyRequests of these arguments" if of_one else "compiled"}
        assert role is not Role.STEWARD or compiled.errors or set(ways.values()) == expected, ways


async def test_whose_conflicts_are_listed_is_noted_as_shown(both: Both, company: Database) -> None:
    asked = "{ conflicts { edges { node { id } } } }"
    response = await both.compiling.post(asked, {}, both.compiling.token(Role.STEWARD))
    assert response.headers["x-hub-plan"] == "conflicts: compiled"
    assert {customer for _, customer, *_ in await noted(company, 1)} == {ANNA, BEN}


async def test_how_far_a_system_is_with_a_lead_is_told_anew_each_time(both: Both, company: Database) -> None:
    """No transaction that moves a command touches the lead's customer, so nothing would tell that an answer is old."""
    token = both.compiling.token(Role.STEWARD)
    asked = {"id": gid("SalesLead", uid("Anna Bakker lead 1"))}
    states = []
    for state in ("REFUSED", "DONE"):
        async with company.transaction() as connection:
            wanted = {"state": state, "id": uid("lead net")}
            await connection.execute(text("UPDATE outbound_command SET state = :state WHERE id = :id"), wanted)
        response = await both.compiling.post(DOCUMENTS["receipts"], asked, token)
        assert response.headers["x-hub-plan"] == "node: compiled"
        states.append(response.json()["data"]["node"]["receipts"][0]["state"])
    assert states == ["REFUSED", "DONE"]
