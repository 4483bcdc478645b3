"""Documents made up from the schema: any fields, aliases, fragments, directives and variables, by any caller."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_leaf_type,
    is_required_argument,
)
from hypothesis import HealthCheck, Phase, given, seed, settings, strategies

from hub.access.principal import SCOPES_OF, Role, Scope
from hub.records.identity import CustomerId
from schema.schema import build_schema
from tests.schema.company import gid, uid

DEEPEST: Final = 5
LISTS: Final = (
    "callList",
    "commitments",
    "conflicts",
    "contractDrifts",
    "deadLetters",
    "incidents",
    "outboundDeliveries",
    "printRuns",
    "privacyRequests",
    "quarantine",
    "workList",
)
ROOTS: Final = (*("customer", "customers", "leads", "node") * 4, "nodes", "viewer", *LISTS)
ANNA, BEN = CustomerId(uid("Anna Bakker")), CustomerId(uid("Ben de Vries"))

ASKED_BY: Final[list[tuple[Role | None, CustomerId | None]]] = [
    *[(Role.AGENT, None)] * 6,
    *((role, None) for role in Role if role not in (Role.AGENT, Role.CUSTOMER)),
    (Role.CUSTOMER, ANNA),
    (Role.CUSTOMER, BEN),
    (None, None),
]
NARROWED: Final = 4
"""Of so many rounds of callers, the first has tokens with some of their role's scopes only."""

PARTS: Final = {
    "ContactMedium": "EMAIL",
    "PostalAddress": "address",
    "SalesOrder": "order 1",
    "BusinessRequest": "request 2",
    "ProductHolding": "holding 1",
    "CampaignMembership": "membership 1",
    "Consent": "consent 1",
    "SalesLead": "lead 1",
}
IDS: Final = [
    *(gid("Customer", uid(name)) for name in ("Anna Bakker", "Ben de Vries", "Cor Smit", "nobody", "former")),
    *(gid(kind, uid(f"Anna Bakker {key}")) for kind, key in PARTS.items()),
    *(gid(kind, uid(f"Anna Bakker {kind[8:].lower()}")) for kind in ("CustomerSession", "BusinessDialog")),
    gid("Commitment", uid("Anna Bakker commitment")),
    gid("Incident", uid("incident 1")),
    gid("LeadDelivery", uid("delivery 0")),
    gid("System", "crm"),
    gid("Customer", "no key"),
    "no id",
]

CURSORS: Final = [
    "WyJORVdFU1QiLCIyMDI2LTAyLTIwVDE0OjAwOjAwWiIsIjAwMDAwMDAwLTAwMDAtMDAwMC0wMDAwLTAwMDAwMDAwMDAwMCJd",
    "WyJOQU1FIiwiYmVuIiwiMDAwMDAwMDAtMDAwMC0wMDAwLTAwMDAtMDAwMDAwMDAwMDAwIl0",
    "nonsense",
]

BYS: Final[list[dict[str, Any]]] = [
    {"email": "ANNA@example.nl"},
    {"email": "thuis@example.nl"},
    {"email": "nobody"},
    {"phone": "06-12345678"},
    {"phone": "06-00000000"},
    {"externalId": {"system": "lms", "externalId": "lms-anna"}},
    *({"id": identity} for identity in IDS),
]
CUSTOMER_FILTERS: Final[list[Any]] = [
    None,
    {},
    {"nameStartsWith": "c"},
    {"nameStartsWith": "50%_/"},
    {"kind": "ORGANISATION"},
    {"system": "lms", "status": "gold"},
    {"email": "thuis@example.nl", "deleted": None},
    {"phone": "0612345678"},
    {"deleted": True},
    {"changedSince": "2026-03-01T13:00:00+01:00"},
]
LEAD_FILTERS: Final[list[Any]] = [
    None,
    {"states": ["IN_PROGRESS", "ACCEPTED"]},
    {"states": []},
    {"rating": "HOT", "system": "crm"},
    {"priority": "LOW"},
    {"leadOwner": "x"},
    {"direction": "OUTBOUND", "campaign": "Spring"},
    {"responded": True},
    {"responded": False, "unreached": False},
    {"unreached": True},
]

CONFLICT_FILTERS: Final[list[Any]] = [
    None,
    {"states": ["OPEN", "FROZEN"]},
    {"states": []},
    {"field": "familyName"},
    {"contested": True},
    {"contested": False, "field": "name"},
]
QUARANTINE_FILTERS: Final[list[Any]] = [
    None,
    {"system": "crm", "code": "INVALID"},
    {"entity": "customer", "since": "2026-02-27T13:30:00Z"},
    {"code": "none"},
]
DRIFT_FILTERS: Final[list[Any]] = [
    None,
    {"kind": "NEW_FIELD", "entity": "customer"},
    {"system": "crm", "since": "2026-03-01T00:00:00Z"},
]
WORK_FILTERS: Final[list[Any]] = [
    None,
    {"states": ["DEAD", "DONE"]},
    {"queue": "REALTIME", "kind": "flow.run"},
    {"line": "line 1", "code": "REJECTED", "since": "2026-02-27T12:30:00Z"},
]
FILTERS: Final = {
    "WorkItem": [{"queue": "billing"}, {"unanswered": True}, {"unassigned": True}, {"mine": True}, {}],
    "CustomerConflict": CONFLICT_FILTERS,
    "QuarantinedObject": QUARANTINE_FILTERS,
    "ContractDrift": DRIFT_FILTERS,
    "StuckWork": WORK_FILTERS,
    "Customer": CUSTOMER_FILTERS,
    "SalesLead": LEAD_FILTERS,
}
"""By the type of what is listed, of which the first that fits is meant."""

VALUES: Final[dict[str, list[Any]]] = {
    "by": BYS,
    "id": IDS,
    "customerId": IDS,
    "ids": [IDS[:1], IDS[3:8], IDS[:4] * 2, [], IDS[:18], IDS[9:18] * 2],
    "at": [None, "2020-01-01T00:00:00Z", "2030-01-01T00:00:00+01:00"],
    "limit": [2],
    "channel": ["call", "mail", "nowhere"],
    "active": [True, False],
    "open": [True, False],
    "mine": [True, False],
    "states": [],
    "filter": [],
    "orderBy": ["NAME", "NEWEST_CHANGE"],
    "state": [None, "OPEN", "DISCARDED"],
    "running": [None, True, False],
    "first": [None, 1, 2, 3, 50, 51, 0],
    "last": [None, None, None, 1, 2],
    "after": [None, None, *CURSORS],
    "before": [None, None, None, *CURSORS],
}


GOOD: Final[dict[str, list[Any]]] = {
    "by": [{"id": IDS[0]}, {"email": "ANNA@example.nl"}, {"externalId": {"system": "lms", "externalId": "lms-anna"}}],
    "id": [identity for identity in IDS[:18] if identity != gid("Customer", uid("nobody"))],
    "first": [None, 1, 2, 3],
    "last": [None],
    "after": [None],
    "before": [None],
}
"""What most questions ask, so that most of them are answered."""


def filters_of(returned: str) -> list[Any]:
    """Of a list of what is returned."""
    return next(filters for listed, filters in FILTERS.items() if listed in returned)


def _states(argument: GraphQLArgument) -> list[Any]:
    kind = get_named_type(argument.type)
    assert isinstance(kind, GraphQLEnumType)
    return [None, [], list(kind.values)[:2], list(kind.values)]


@dataclass(frozen=True)
class Question:
    """A document, its variables, and who asks."""

    document: str
    variables: dict[str, Any]
    role: Role | None
    customer: CustomerId | None
    scopes: frozenset[Scope]
    """Narrowed to these; empty for all that the role has."""


@dataclass
class _Writer:
    schema: GraphQLSchema
    random: Random
    variables: dict[str, Any] = field(default_factory=dict)
    declared: dict[str, str] = field(default_factory=dict)
    fragments: list[str] = field(default_factory=list)
    keys: int = 0

    def document(self) -> str:
        root = self.schema.query_type
        assert root is not None
        fields = [self._field(root, name, DEEPEST) for name in self._some(ROOTS, 1, 2)]
        declared = ", ".join(f"${name}: {kind}" for name, kind in self.declared.items())
        operation = f"query Generated{f'({declared})' if declared else ''} {{ {' '.join(fields)} }}"
        return "\n".join([operation, *self.fragments])

    def _selection(self, kind: GraphQLObjectType | GraphQLInterfaceType, depth: int) -> str:
        names = [name for name, found in kind.fields.items() if depth > 0 or is_leaf_type(get_named_type(found.type))]
        names = [name for name in names if not self._unanswerable(kind.fields[name])]
        picked = [self._field(kind, name, depth) for name in self._some(names, 1, 5)] if names else []
        if not picked or self.random.random() < 0.2:
            picked.append("__typename")
        if self.random.random() < 0.3 and depth > 0:
            picked.append(self._fragment(kind, depth - 1))
        self.random.shuffle(picked)
        return f"{{ {' '.join(picked)} }}"

    def _field(self, kind: GraphQLObjectType | GraphQLInterfaceType, name: str, depth: int) -> str:
        found = kind.fields[name]
        inner = get_named_type(found.type)
        arguments = self._arguments(found, inner.name)
        alias = ""
        if arguments or self.random.random() < 0.15:
            self.keys += 1
            alias = f"k{self.keys}: "
        below = ""
        if isinstance(inner, GraphQLObjectType | GraphQLInterfaceType):
            below = " " + self._selection(inner, depth - 1)
        return f"{alias}{name}{arguments}{self._directive()}{below}"

    def _fragment(self, kind: GraphQLObjectType | GraphQLInterfaceType, depth: int) -> str:
        known: list[GraphQLObjectType | GraphQLInterfaceType] = [kind, *kind.interfaces]
        if isinstance(kind, GraphQLInterfaceType):
            known += self.random.sample(list(self.schema.get_possible_types(kind)), 2)
        on = self.random.choice(known)
        selection = self._selection(on, depth)
        if self.random.random() < 0.5:
            return f"... on {on.name}{self._directive()} {selection}"
        name = f"F{len(self.fragments)}"
        self.fragments.append("")
        self.fragments[int(name[1:])] = f"fragment {name} on {on.name} {selection}"
        return f"...{name}{self._directive()}"

    def _directive(self) -> str:
        if self.random.random() > 0.12:
            return ""
        word, yes = self.random.choice(["skip", "include"]), self.random.random() < 0.5
        if self.random.random() < 0.5:
            return f" @{word}(if: {str(yes).lower()})"
        return f" @{word}(if: {self._variable('Boolean!', yes)})"

    def _arguments(self, found: GraphQLField, returned: str) -> str:
        given = []
        for name, argument in found.args.items():
            if name not in ("by", "id", "ids") and not is_required_argument(argument) and self.random.random() < 0.6:
                continue
            values = _states(argument) if name == "states" else VALUES[name] or filters_of(returned)
            value = self.random.choice(GOOD.get(name, values) if self.random.random() < 0.85 else values)
            given.append(f"{name}: {self._value(argument.type, value)}")
        return f"({', '.join(given)})" if given else ""

    def _value(self, kind: GraphQLInputType, value: Any) -> str:
        """Spelt out, in a variable or as its default, or an object of these."""
        drawn = self.random.random()
        if drawn < 0.3:
            return literal(kind, value)
        named = get_named_type(kind)
        if drawn < 0.5 and isinstance(named, GraphQLInputObjectType) and value:
            given = {name: self._value(_inside(named, name), inner) for name, inner in value.items()}
            return f"{{{', '.join(f'{name}: {inner}' for name, inner in given.items())}}}"
        return self._variable(str(kind), value, literal(kind, value) if drawn > 0.85 else None)

    def _variable(self, kind: str, value: object, default: str | None = None) -> str:
        name = f"v{len(self.declared)}"
        self.declared[name] = kind if default is None else f"{kind} = {default}"
        if default is None or self.random.random() < 0.3:
            self.variables[name] = value
        return f"${name}"

    def _unanswerable(self, found: GraphQLField) -> bool:
        return any(name not in VALUES for name in found.args)

    def _some(self, names: Any, least: int, most: int) -> list[str]:
        return [self.random.choice(names) for _ in range(self.random.randint(least, most))]


def literal(kind: GraphQLInputType, value: Any) -> str:
    """JSON as a document spells it."""
    if isinstance(kind, GraphQLNonNull):
        return literal(kind.of_type, value)
    if isinstance(kind, GraphQLList) and isinstance(value, list):
        return f"[{', '.join(literal(kind.of_type, each) for each in value)}]"
    if isinstance(kind, GraphQLInputObjectType) and isinstance(value, dict):
        return f"{{{', '.join(f'{name}: {literal(kind.fields[name].type, one)}' for name, one in value.items())}}}"
    return str(value) if isinstance(kind, GraphQLEnumType) and value is not None else json.dumps(value)


def _inside(kind: GraphQLInputObjectType, name: str) -> GraphQLInputType:
    """Of a variable in its place: where just one field may be given, that one may not be null."""
    field = kind.fields[name].type
    return GraphQLNonNull(field) if kind.is_one_of and not isinstance(field, GraphQLNonNull) else field


@strategies.composite
def _asked(draw: Callable[..., Any]) -> tuple[str, dict[str, Any]]:
    """Any document that can be written, sensible or not, with its variables."""
    # A seed, and not its own random numbers: these are so often 0 that most lists were never asked for.
    writer = _Writer(build_schema()._schema, Random(draw(strategies.integers(0, 2**64 - 1))))
    return writer.document(), writer.variables


def drawn(count: int, part: int) -> Iterator[Question]:
    """`count` questions, others in another part, by everybody in ASKED_BY in turn."""
    found: list[Question] = []

    @seed(part)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(_asked())
    def collect(asked: tuple[str, dict[str, Any]]) -> None:
        # Who asks is dealt, not drawn: Hypothesis draws otherwise when other modules are loaded, and leaves some out.
        turn, place = divmod(len(found), len(ASKED_BY))
        role, customer = ASKED_BY[place]
        scopes = _some_scopes(role, Random(len(found))) if turn % NARROWED == 0 else frozenset()
        found.append(Question(*asked, role, customer, scopes))

    collect()
    return iter(found)


def _some_scopes(role: Role | None, random: Random) -> frozenset[Scope]:
    may = [] if role is None else sorted(SCOPES_OF[role])
    return frozenset(random.sample(may, random.randint(1, len(may))) if may else ())
