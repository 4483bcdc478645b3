"""The reviewed matrix of roles and fields is the schema's, and no way through the schema leads around a rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from graphql import get_named_type
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.memory.store import MemoryStore
from hub.access.principal import SCOPES_OF, Role, Scope
from hub.contacts.tables import RequestHandling, TimelineEntry
from hub.customers.conflict_tables import FieldConflict
from hub.customers.likeness.tables import Likeness, LikenessCase
from hub.matching.person import Person
from hub.outbound.tables import LeadDelivery
from hub.records.identity import CustomerId
from hub.store.documents import NewVersion, Origin, append_versions
from hub.store.engine import Database
from schema.authorise import Requires
from schema.bounded import BoundedTexts
from schema.queries.node import NODE_TYPES
from tests.flows.building import RULES, person
from tests.flows.test_stuck_work import dead_event, refused_twice
from tests.schema.company import NOW, add, gid, uid
from tests.schema.matrix import object_types, of_the_schema, printed, reachable, reviewed, rule_of
from tests.schema.offering import OFFERING, allow_marketing
from tests.schema.serving import Api, serving
from tests.schema.test_authorisation import denials
from tests.schema.test_quarantine import KNOWN, filled
from tests.schema.untouched import untouched

__all__ = ["filled"]  # a fixture

ANNA = CustomerId(uid("Anna Bakker"))
WAY_OUT = "print it with `python -m tests.schema.matrix`, look at what changed, and commit it"


def test_the_schema_is_as_it_was_reviewed() -> None:
    found, known = of_the_schema(), reviewed()
    new = {place: roles for place, roles in found.items() if known.get(place) != roles}
    gone = sorted(known.keys() - found.keys())
    assert (new, gone) == ({}, []), WAY_OUT


def test_the_file_is_written_as_it_is_printed() -> None:
    assert printed(reviewed()) == printed(of_the_schema()), WAY_OUT


def test_a_field_without_a_rule_is_missed() -> None:
    known = dict(reviewed())
    del known["Customer.birthDate"]
    assert known != of_the_schema()


def test_no_rule_stands_where_statements_do_not_look_for_one() -> None:
    """They take pages as they come, and ask of a field nothing but its scope."""
    for kind in object_types():
        for name, field in kind.fields.items():
            declared = field.extensions["strawberry-definition"]
            rules = [each for each in declared.extensions if isinstance(each, Requires)]
            of_a_page = kind.name == "PageInfo" or kind.name.endswith(("Connection", "Edge"))
            assert len(rules) <= (not of_a_page), f"{kind.name}.{name}"
            assert all(isinstance(each, Requires | BoundedTexts) for each in declared.extensions), f"{kind.name}.{name}"


WORKED_ON = frozenset({"WorkItem.request", "CommitmentEdge.node"})
"""Who works requests and promises lists them (Query.workList, Query.commitments); payloads show what was acted on."""


def test_nobody_comes_to_an_object_by_another_way_without_the_scope_that_its_id_takes() -> None:
    around: set[str] = set()
    for kind in object_types():
        for name, field in kind.fields.items():
            place, type_name = f"{kind.name}.{name}", get_named_type(field.type).name
            if type_name not in NODE_TYPES or kind.name.endswith("Payload") or place in WORKED_ON:
                continue
            needed = NODE_TYPES[type_name].requires.scope
            # Lists of a mutation's own object are behind its payload: only the reading roots are walked.
            if place in reachable(frozenset(Scope) - {needed}, roots=("Query", "Subscription")):
                around.add(place)
    assert around == set()


@dataclass(frozen=True)
class Guarded:
    """A document that comes to a guarded field and, without it, is answered."""

    ask: str
    variables: dict[str, object]
    found_in: str = "company"


def _at(type_name: str, key: object, selection: str) -> Guarded:
    document = f"query($id: ID!) {{ node(id: $id) {{ ... on {type_name} {{ {selection} }} }} }}"
    return Guarded(document, {"id": gid(type_name, key)})


def _anna(selection: str) -> Guarded:
    return Guarded(f'{{ customer(by: {{email: "anna@example.nl"}}) {{ {selection} }} }}', {})


def _timeline(selection: str) -> Guarded:
    return _anna(f"timeline {{ edges {{ node {{ {selection} }} }} }}")


SESSION, PROMISE, DIALOG = uid("Anna Bakker session"), uid("Anna Bakker commitment"), uid("Anna Bakker dialog")

GUARDED = {
    "Customer.leads": _anna("leads { totalCount }"),
    "Customer.outboundDeliveries": _anna("outboundDeliveries { id }"),
    "LeadDelivery.customer": Guarded("{ outboundDeliveries { edges { node { customer { id } } } } }", {}),
    "LeadDelivery.lead": Guarded("{ outboundDeliveries { edges { node { lead { id } } } } }", {}),
    "Customer.conflicts": _anna("conflicts { field }"),
    "Customer.stewardActs": _anna("stewardActs { id }"),
    "Customer.commitments": _anna("commitments { totalCount }"),
    "Customer.timeline": _anna("timeline { totalCount }"),
    "CustomerConflict.customer": Guarded("{ conflicts { edges { node { customer { id } } } } }", {}),
    "MatchReview.customer": Guarded("{ matchReviews { edges { node { customer { id } } } } }", {}),
    "MatchReview.other": Guarded("{ matchReviews { edges { node { other { id } } } } }", {}),
    "SalesLead.customer": Guarded("{ leads { edges { node { customer { id } } } } }", {}),
    "CustomerSession.customer": _at("CustomerSession", SESSION, "customer { id }"),
    "CustomerSession.nextBestActions": _at("CustomerSession", SESSION, "nextBestActions { id }"),
    "BusinessDialog.request": _at("BusinessDialog", DIALOG, "request { id }"),
    "Commitment.customer": _at("Commitment", PROMISE, "customer { id }"),
    "Commitment.request": _at("Commitment", PROMISE, "request { id }"),
    "TimelineEntry.session": _timeline("session { id }"),
    "TimelineEntry.request": _timeline("request { id }"),
    "TimelineEntry.lead": _timeline("lead { id }"),
    "WorkItem.customer": Guarded("{ workList { edges { node { customer { id } } } } }", {}),
    "InformationFlow.sourceSystem": Guarded("{ flows { sourceSystem { name } } }", {}),
    "ContractDrift.quarantined": Guarded(
        "{ contractDrifts { edges { node { quarantined { id } } } } }", {}, "quarantine"
    ),
    "QuarantinedObject.bytes": Guarded("{ quarantine { edges { node { bytes { original } } } } }", {}, "quarantine"),
    "WorkCommand.content": Guarded(
        "{ deadLetters { edges { node { command { content { changes } } } } } }", {}, "work"
    ),
    "WorkEvent.original": Guarded("{ deadLetters { edges { node { event { original } } } } }", {}, "work"),
    "PastView.leads": Guarded(
        "query($id: ID!, $at: DateTime!) { customerHistory(id: $id, at: $at) { leads { name } } }",
        {"id": gid("Customer", ANNA), "at": NOW.isoformat()},
    ),
    "Viewer.customer": Guarded("{ viewer { customer { id } } }", {}),
    "NextBestAction.factors": Guarded(
        f'{{ nextBestActions(customerId: "{gid("Customer", uid("Anna Bakker"))}", channel: "web") '
        "{ factors { priority } } }",
        {},
    ),
}


def test_every_guarded_field_below_the_roots_is_tried() -> None:
    found = {
        f"{kind.name}.{name}"
        for kind in object_types()
        if kind.name not in ("Query", "Mutation", "Subscription")
        for name in kind.fields
        if rule_of(kind.name, name) is not None
    }
    assert found == set(GUARDED)


def narrowed(place: str) -> list[tuple[Role, frozenset[Scope]]]:
    """Roles whose tokens, without the scope of the field, still come as far as its object."""
    type_name, _, name = place.partition(".")
    rule = rule_of(type_name, name)
    assert rule is not None
    assert rule.scope is not None
    found = []
    for role in Role:
        left = SCOPES_OF[role] - {rule.scope}
        if left and any(each.startswith(f"{type_name}.") for each in reachable(left, ("Query",))):
            found.append((role, left))
    return found


def tried(found_in: str) -> list[str]:
    """The guarded fields whose objects that store holds."""
    return [place for place, guarded in GUARDED.items() if guarded.found_in == found_in]


async def refused_at(api: Api, database: Database, places: Sequence[str]) -> set[str]:
    """The fields that a token without their scope was refused; that it changed nothing and is noted was looked at."""
    found: set[tuple[Role, str]] = set()
    async with untouched(database, apart_from={"audit_event"}):
        for place in places:
            guarded = GUARDED[place]
            for role, scopes in narrowed(place):
                token = api.tokens.issue(role, ANNA if role is Role.CUSTOMER else None, timedelta(hours=1), scopes)
                answer = (await api.post(guarded.ask, guarded.variables, token)).json()
                codes = {error["extensions"]["code"] for error in answer.get("errors", [])}
                assert codes == {"FORBIDDEN"}, (place, role, answer)
                assert place.rpartition(".")[2] in {error["path"][-1] for error in answer["errors"]}
                found.add((role, place))
        await api.app.state.running.hub.trail.write()
    noted = {(role, place) for role in Role for place in await denials(database, f"development:{role.value}")}
    assert found <= noted
    return {place for _, place in found}


async def add_case(connection: AsyncConnection, one: str, other: str) -> None:
    """Two records of the CRM that may be one person."""
    for external_id in (one, other):
        await add(connection, Likeness, system="crm", external_id=external_id, fields=[""] * len(Person._fields))
    case = {"system_a": "crm", "external_id_a": one, "system_b": "crm", "external_id_b": other}
    await add(connection, LikenessCase, **case, bits=3.0, found_at=NOW)


async def test_a_guarded_field_is_refused_to_a_token_that_comes_to_its_object(
    company: Database, database_url: str, tmp_path: Path
) -> None:
    await allow_marketing(company)
    async with company.transaction() as connection:
        request = uid("Anna Bakker request 1")
        await add(connection, RequestHandling, request_id=request, channel="web", respond_by=NOW)
        conflict = {"field": "name", "state": "OPEN", "contested": False, "sides": [], "turns": [], "opened_at": NOW}
        await add(connection, FieldConflict, id=uid("conflict"), customer_id=ANNA, **conflict)
        await add_case(connection, "crm-anna", "crm-ben")
        await add(connection, TimelineEntry, id=uid("entry"), customer_id=ANNA, at=NOW, kind="SESSION_ENDED")
        delivery = {"channel": "mail", "kind": "EMAIL", "step": 1, "rank": 1, "state": "PLANNED"}
        times = dict.fromkeys(("planned_for", "expires_at", "created_at", "changed_at"), NOW)
        await add(connection, LeadDelivery, id=uid("delivery"), lead_id=uid("Anna Bakker lead 1"), **delivery, **times)
        said = [NewVersion("crm-anna", 1, NOW, person("Anna Bakker").model_dump_json().encode(), "crm-anna")]
        ciphers = await RULES.keys.ciphers(connection, "crm", ["crm-anna"], NOW)
        origin = Origin("crm", "customer", None, None, "1")
        await append_versions(connection, origin, said, ciphers, RULES.keys, NOW)
    places = tried("company")
    async with serving(database_url, tmp_path, offering=OFFERING) as api:
        refused = await refused_at(api, company, places)
    assert set(places) - refused == {
        "TimelineEntry.session",
        "TimelineEntry.request",
        "LeadDelivery.lead",
    }, "behind another rule"


async def test_a_guarded_field_of_the_quarantine_is_refused(
    filled: Database, database_url: str, tmp_path: Path
) -> None:
    async with serving(database_url, tmp_path, mappings=KNOWN) as api:
        assert await refused_at(api, filled, tried("quarantine")) == {"QuarantinedObject.bytes"}


async def test_a_guarded_field_of_stuck_work_is_refused(database: Database, database_url: str, tmp_path: Path) -> None:
    await refused_twice(database, MemoryStore())
    await dead_event(database)
    async with serving(database_url, tmp_path) as api:
        assert await refused_at(api, database, tried("work")) == {"WorkCommand.content", "WorkEvent.original"}
